"""The two days before the first start: reports and what was done about them, through the actions with a past ``now``.

Nobody signs in here, so that a first start stays short; whoever acts is the person who would.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.demo.cities import City
from backend.demo.reports import Draft, Residents, picture, words
from backend.demo.scenes import CutShort, Plan, Scene, scene_of
from backend.demo.sign_ins import SignIns
from backend.dispatch import offers
from backend.dispatch.models import OPEN_OFFER_STATES, Offer
from backend.dispatch.triage import triage
from backend.incidents import acts
from backend.incidents.acts import By, Settled
from backend.incidents.models import Goal, Incident
from backend.incidents.ownership import locked
from backend.intake import thread
from backend.intake.photos import keep_photo
from backend.intake.receive import receive
from backend.intake.schemas import NewReportSchema
from backend.kernel.clock import MovableClock
from backend.kernel.database import RESIDENT, SYSTEM, Actor, Scope, act_as, db
from backend.kernel.jobs import SWEEPS
from backend.kernel.problems import Refusal
from backend.organisations.models import Organisation, RoleAssignment

SPAN = timedelta(hours=48)
REPORTS = 40
# Ordinary matters take their time: what was reported in these days is now at every point of its way.
PACE = 14.0
# What the worker would have done meanwhile, and how often it is looked at.
MEANWHILE = ("offers", "ladder", "shifts")
LOOK_EVERY = timedelta(minutes=20)
# Fewer reports lie far back than just behind.
BEND = 1.5


def write_past(
    app: Flask, towns: list[City], *, book: SignIns, plan: Plan, now: datetime, each: Callable[[int], object]
) -> int:
    """Have the towns live through the two days before ``now``; return how many reports came in.

    The application's clock is moved, and stands at ``now`` afterwards. ``each`` is told the number of reports so far.
    """
    clock: MovableClock = app.extensions["linli"].clock
    dice = Random(int(now.timestamp()))
    hands = {town.code: Inside(app, town, book) for town in towns}
    residents = {town.code: Residents(town, dice) for town in towns}
    moments = sorted(now - SPAN * (1 - dice.random()) ** BEND for _ in range(REPORTS))
    looked_at = now - SPAN
    for number, moment in enumerate(moments):
        looked_at = _live(hands, plan, looked_at, moment, clock)
        town = towns[number % len(towns)]
        draft = residents[town.code].draft()
        answer = hands[town.code].report(draft, picture(dice) if draft.has_photo else None)
        plan.add(scene_of(draft, answer, town.code, dice, pace=PACE, now=moment))
        each(number + 1)
    _live(hands, plan, looked_at, now, clock)
    return len(moments)


def _live(hands: dict[str, "Inside"], plan: Plan, looked_at: datetime, until: datetime, clock: MovableClock) -> datetime:
    """Let time pass: scenes are played, and what the worker does is done, each at its time."""
    company = _Company(hands)
    while True:
        following = min(plan.next_due() or until, looked_at + LOOK_EVERY)
        if following > until:
            break
        _move(clock, following)
        company.look()
        looked_at = following
        plan.play(company, last=following)
    _move(clock, until)
    return looked_at


def _move(clock: MovableClock, to: datetime) -> None:
    clock.advance(seconds=(to - clock.now()).total_seconds())


@dataclass(frozen=True, slots=True)
class _Company:
    """The hands of every town."""

    hands: dict[str, "Inside"]

    def do(self, scene: Scene, act: str) -> None:
        self.hands[scene.city].do(scene, act)

    def look(self) -> None:
        next(iter(self.hands.values())).look()


class Inside:
    """Carries acts out through the actions of the rooms, each in a transaction of its own, for who would do them."""

    def __init__(self, app: Flask, town: City, book: SignIns) -> None:
        self._app, self._town = app, town
        self._carried = app.extensions["linli"]
        with app.app_context():
            act_as(db.session(), SYSTEM)
            self._people = dict(_first_of_bodies(db.session(), book))
            self._triagers = {body.area: self._by(book, body.login) for body in town.bodies if body.rota == "round"}
            self._office = self._by(book, town.body("office").login)
            self._police = self._by(book, town.body("police").login)

    def _by(self, book: SignIns, login: str) -> By:
        held = book.get(login)
        assert held, f"{login} is in no file"
        roles = set(db.session().scalars(select(RoleAssignment.role).where(RoleAssignment.person_id == held.person)))
        return By(
            held.person, "supervisor" in roles, "triage" in roles,
            tuple(db.session().scalars(select(RoleAssignment.org_id).where(RoleAssignment.person_id == held.person))),
        )  # fmt: skip

    @property
    def _now(self) -> datetime:
        found: datetime = self._carried.clock.now()
        return found

    @contextmanager
    def _acting(self, by: By | None) -> Iterator[Session]:
        """A transaction for a person, or for a resident; committed at the end."""
        with self._app.app_context():
            person = by and Actor(f"person:{by.person_id}", Scope.SYSTEM, by.person_id, by.org_ids)
            act_as(db.session(), person or RESIDENT)
            try:
                yield db.session()
            except Refusal as refusal:
                raise CutShort(refusal.code) from refusal
            db.session.commit()

    def look(self) -> None:
        """What the worker does when it looks."""
        for name in MEANWHILE:
            with self._app.app_context():
                SWEEPS[name].look(self._app)

    def report(self, draft: Draft, photo: bytes | None) -> dict[str, Any]:
        """Send a report."""
        with self._acting(None) as session:
            sent = NewReportSchema().load(draft.body)
            ring, now = self._carried.keyring, self._now
            if photo:
                sent["photo_ids"] = [keep_photo(session, photo, folder=self._carried.photos, ring=ring, now=now)]
                session.flush()
            return receive(session, sent, settings=self._carried.settings, ring=ring, now=now).body

    def do(self, scene: Scene, act: str) -> None:
        """Carry out one act. Raises CutShort."""
        getattr(self, f"_{act}")(scene, UUID(scene.incident))

    def _say(self, scene: Scene, what: str) -> str:
        return Random(scene.incident + what).choice(words()[what][scene.language])

    def _owner(self, scene: Scene, incident: Incident) -> By:
        """Who answers for the incident now; for G1 and G2 a supervisor closes."""
        if incident.owner_org_id not in self._people:
            raise CutShort("owned by nobody of the demo")
        return self._people[incident.owner_org_id]

    def _triage(self, scene: Scene, incident_id: UUID) -> None:
        by = self._triagers[scene.district]
        with self._acting(by) as session:
            incident = locked(session, incident_id)
            said = {"category": scene.category, "grade": incident.grade, "flags": []}
            if incident.diverted:
                said["emergency_attends"] = "attending"
            triage(
                session, incident, said, by=by, ring=self._carried.keyring, timezone=self._town.timezone, now=self._now
            )

    def _offer_of(self, session: Session, incident_id: UUID, part: str) -> Offer:
        query = select(Offer).where(
            Offer.incident_id == incident_id, Offer.part == part, Offer.state.in_(OPEN_OFFER_STATES)
        )
        found = session.scalars(query.order_by(Offer.id)).first()
        if found is None:
            raise CutShort("nobody is asked")
        return found

    def _answer_offer(self, scene: Scene, incident_id: UUID, *, take: bool) -> None:
        with self._acting(None) as session:
            offer = self._offer_of(session, incident_id, "lead")
            by = self._people[offer.org_id]
        with self._acting(by) as session:
            if take:
                offers.accept_offer(session, offer.id, read_back=self._say(scene, "read_back"), by=by, now=self._now)
            else:
                offers.decline_offer(session, offer.id, reason=self._say(scene, "refusal"), by=by, now=self._now)

    def _accept(self, scene: Scene, incident_id: UUID) -> None:
        self._answer_offer(scene, incident_id, take=True)

    def _decline(self, scene: Scene, incident_id: UUID) -> None:
        self._answer_offer(scene, incident_id, take=False)

    def _police(self, scene: Scene, incident_id: UUID) -> None:
        raise NotImplementedError


def _first_of_bodies(session: Session, book: SignIns) -> Iterator[tuple[UUID, By]]:
    raise NotImplementedError
