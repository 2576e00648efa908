"""The ladder rehearsed: who would be told when and by which channel if nobody acted, and where that would fail (C13, C37).

Nothing is told and nothing is written here. The same rules decide as when a clock really runs out: the owner comes from
``smallest_staffed``, each rung from ``ladder.plan_climb``, each message from ``gateway.plan_deliveries``.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.dispatch.gateway import DOWN, WEBHOOKS, IncidentFacts, delivery_table, people_of, plan_deliveries
from backend.incidents.ladder import TELLS_REPORTER, Climb, Matter, plan_climb
from backend.incidents.rules import Pace, Rung, plan_clocks
from backend.incidents.telling import lane_of
from backend.kernel.database import seeing_all
from backend.kernel.outbox import Notice
from backend.organisations.actions.turns import turn_of
from backend.organisations.directory import DIRECTORY, Directory, OnDuty, Owner, smallest_staffed, who_is_on_duty
from backend.organisations.models import Shift
from backend.policy.cache import clocks_for, quiet_hours_at, terms_at
from backend.settings import Settings

# No incident has it; it only ties a rehearsed message to what is known of the matter.
NO_INCIDENT = UUID(int=0)
RECEIVED = "report_received_desk"


@dataclass(frozen=True, slots=True)
class Question:
    """What is rehearsed: a matter of a category and grade that comes in at a place and moment. No area: outside all."""

    area_id: int | None
    category: str | None
    grade: int
    at: datetime
    kind: str = "concern"


@dataclass(frozen=True, slots=True)
class Told:
    """A message that would be written: to whom, by which channel, and in which state the gateway would leave it."""

    person_id: UUID | None
    desk_id: UUID | None
    channel: str
    template: str
    state: str
    outcome: str | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the rehearsal. ``rung`` None: the report arrives; ``owner`` is who answers from then on."""

    at: datetime
    clock: str | None
    rung: Rung | None
    desk_id: UUID | None
    person_id: UUID | None
    owner: Owner
    told: tuple[Told, ...]
    reporter_told: bool = False
    is_handed: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All that would happen, in order, and the chain of areas that responsibility follows."""

    question: Question
    chain: tuple[int, ...]
    steps: tuple[Step, ...] = field(default=())


def rehearse(session: Session, question: Question, *, settings: Settings) -> Rehearsal:
    """Go through the ladder of every clock that starts with such a matter, in the order of time.

    The rotas are those that are planned now; what somebody would do about the matter is left out.
    """
    chain = AREAS.get(session).chain(question.area_id) if question.area_id is not None else ()
    with seeing_all(session):
        stage = _Stage(session, question, chain, settings)
        return Rehearsal(question, chain, tuple(stage.play()))


class _Stage:
    """The rehearsal under way: who owns, and what is known of the place."""

    def __init__(self, session: Session, question: Question, chain: Sequence[int], settings: Settings) -> None:
        self._session, self._question, self._chain, self._settings = session, question, chain, settings
        self._directory: Directory = DIRECTORY.get(session)
        self._owner = self._receiver(question.at)

    def play(self) -> list[Step]:
        """Every step in order; at one moment shifts change before rungs are climbed."""
        question = self._question
        arrival = Notice(RECEIVED, NO_INCIDENT, desk_id=self._owner.desk_id, lane=lane_of(question.grade))
        told = self._told(arrival, question.at)
        steps = [Step(question.at, None, None, self._owner.desk_id, None, self._owner, told)]
        rungs = self._rungs()
        changes = self._changes(max((at for at, _, _ in rungs), default=question.at))
        for at, clock, rung in rungs:
            handed = self._follow_shifts(changes, steps[-1].at, at)
            steps.append(self._climb(at, clock, rung, is_handed=handed))
        return steps

    def _rungs(self) -> list[tuple[datetime, str, Rung]]:
        question, session, at = self._question, self._session, self._question.at
        terms = terms_at(session, question.grade, self._chain, now=at)
        lengths = clocks_for(session, question.category, question.grade, self._chain, kind=question.kind, now=at)
        plans = plan_clocks(lengths, Pace(question.grade, terms.ladder, terms.hours), now=at)
        every = [
            (at + timedelta(seconds=offset), plan.kind, Rung(number))
            for plan in plans
            for number, offset in enumerate(plan.rungs_s, start=1)
        ]
        return sorted(every)

    def _changes(self, until: datetime) -> list[datetime]:
        """The moments at which somebody comes to or leaves a desk that may own."""
        period = Range(self._question.at, until, bounds="[]")
        desks = [desk.id for desk in self._directory.desks_over(self._chain)]
        query = select(Shift).where(
            Shift.desk_id.in_(desks), Shift.withdrawn_at.is_(None), Shift.during.overlaps(period)
        )
        turns = [turn_of(shift) for shift in self._session.scalars(query)]
        return sorted({at for turn in turns for at in (turn.start, turn.end)})

    def _follow_shifts(self, changes: Sequence[datetime], since: datetime, until: datetime) -> bool:
        """What the sweep over shifts does from after ``since`` to ``until``; whether the owner changed."""
        before = self._owner
        for at in changes[bisect_right(changes, since) : bisect_right(changes, until)]:
            if self._is_unattended(at):
                self._owner = self._receiver(at)
        return self._owner != before

    def _is_unattended(self, at: datetime) -> bool:
        """As ``handing_on`` asks the database of real incidents."""
        desk = self._directory.desks.get(self._owner.desk_id) if self._owner.desk_id else None
        if desk is None or desk.kind not in {"duty", "buck_stops"}:
            return False
        there = [one.person_id for one in self._on_duty(desk.id, at=at)]
        if self._owner.person_id:
            return self._owner.person_id not in there
        return desk.kind == "duty" and not desk.always_staffed and not there

    def _receiver(self, at: datetime) -> Owner:
        desks = self._directory.desks_over(self._chain)
        there = who_is_on_duty(self._session, [desk.id for desk in desks], now=at)
        return smallest_staffed(desks, there, active=self._directory.active)

    def _on_duty(self, desk_id: UUID, *, at: datetime) -> Sequence[OnDuty]:
        return who_is_on_duty(self._session, [desk_id], now=at).get(desk_id, ())

    def _climb(self, at: datetime, clock: str, rung: Rung, *, is_handed: bool) -> Step:
        question = self._question
        climb: Climb = plan_climb(
            self._directory, Matter(self._owner, question.category), rung, clock=clock, chain=self._chain,
            on_duty=partial(self._on_duty, at=at), now=at,
        )  # fmt: skip
        self._owner = climb.owner or self._owner
        notice = climb.notice(NO_INCIDENT, question.grade, {"grade": question.grade, "clock": clock})
        told = self._told(notice, at)
        reporter = rung is TELLS_REPORTER
        return Step(at, clock, rung, climb.desk_id, climb.person_id, self._owner, told, reporter, is_handed)

    def _told(self, notice: Notice, at: datetime) -> tuple[Told, ...]:
        session, index = self._session, AREAS.get(self._session)
        place = index.area(self._question.area_id) if self._question.area_id is not None else None
        quiet = quiet_hours_at(session, self._chain, now=at)
        facts = IncidentFacts(self._question.grade, zone=place.timezone if place else None, quiet=quiet)
        on_duty = who_is_on_duty(session, [notice.desk_id], now=at) if notice.desk_id else {}
        people = people_of(session, [notice.person_id], now=at) if notice.person_id else {}
        if not (notice.desk_id or notice.person_id):
            return ()
        rows = plan_deliveries(
            [notice], on_duty=on_duty, directory=self._directory, settings=self._settings, now=at,
            incidents={NO_INCIDENT: facts}, webhooks=WEBHOOKS.get(session), people=people,
            down=DOWN.get(session),
        )  # fmt: skip
        return tuple(map(_told_of, rows[delivery_table()]))


def _told_of(row: Mapping[str, Any]) -> Told:
    names = ("person_id", "desk_id", "channel", "template", "state", "outcome", "due_at")
    return Told(*(row[name] for name in names))
