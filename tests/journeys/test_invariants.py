"""The invariants of principles.md that concern these rooms, under random lives of incidents.

People report, triage, offer, accept, decline, wait, merge, split, hand over, close and reopen; shifts end, people
leave, bodies are suspended, desks close; clocks jump forward and back; the process restarts; sweeps run or do not.
After every step the database is read by its owner, behind row security, and each promise is checked there.
"""

import os
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.dispatch import answers, offers
from backend.dispatch.offers import Proposal
from backend.dispatch.triage import triage
from backend.incidents import acts, closing, handing_on, handover, ladder, merging
from backend.incidents.acts import By, NewGrade
from backend.incidents.closing import Settled
from backend.incidents.models import Goal
from backend.incidents.ownership import chain_of, locked
from backend.intake.receive import receive
from backend.intake.schemas import NewReportSchema
from backend.kernel import sweeps
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as, db, owner_engine
from backend.kernel.journal import broken_chains
from backend.kernel.problems import Refusal
from backend.organisations.actions.bodies import update_organisation
from backend.organisations.actions.closing import close_desk, closing_of
from backend.organisations.actions.people import leave
from backend.organisations.models import Desk
from backend.policy.cache import clocks_for
from backend.settings import Settings
from tests.conftest import NOW, TEST_KEY
from tests.support.baishi import NANMEN, OUTSIDE, TAOHUA, Baishi
from tests.support.lending import lender

LONG = os.environ.get("LINLI_LONG") == "1"
PLACES = [NANMEN, TAOHUA, OUTSIDE, None]
CATEGORIES = [None, "CN01", "CN04", "CN12", "AID01", "DS06", "DS02", "DS04"]
BODIES = [
    "Nanmen Residents' Committee",
    "Crisis Care Team",
    "Baishi Police",
    "Baishi Public Works",
    "Nanmen Social Work Station",
]
# Acts by which ownership may move (INV-1, INV-2); an offer, a proposal or a refusal is none of them.
MOVING = {"intake", "accept", "handover", "escalation", "shift_end", "departure", "reopen", "merge", "split"}


class Failures:
    """A log that remembers what sweeps could not do."""

    def __init__(self, kept: list[str]) -> None:
        self.kept = kept

    def error(self, said: str, **values: object) -> None:
        """Remember one failure."""
        self.kept.append(f"{said} {values}")


class Lives(RuleBasedStateMachine):
    """Random lives of incidents, each in a copy of ``world`` of its own on the server ``postgres``."""

    postgres: str
    world: Baishi
    folder: Path
    incidents = Bundle("incidents")

    def __init__(self) -> None:
        super().__init__()
        self.loan = ExitStack()
        url = self.loan.enter_context(lender(self.postgres, "linli_baishi").lent())
        chosen = Settings.from_env(
            {},
            second_factor="offered",
            database_url=url,
            data=self.folder,
            master_key=TEST_KEY,
            pool_size=2,
            log_level="error",
        )
        self.clock = MovableClock(NOW)
        self.app = create_app(chosen, clock=self.clock)
        self.engine = owner_engine(url)
        self.owner = Session(self.engine)
        self.context = self.app.app_context()
        self.context.push()
        self.danger_shown: list[bool] = []

    def teardown(self) -> None:
        db.session.remove()
        db.engine.dispose()
        self.context.pop()
        self.owner.rollback()
        broken = list(broken_chains(self.owner))
        self.owner.close()
        self.engine.dispose()
        self.loan.close()
        assert broken == []

    # How a step runs: one transaction for the system; a refusal rolls it back and is no failure.

    def step(self, act: Any) -> bool:
        session = db.session()
        act_as(session, SYSTEM)
        try:
            act(session)
            session.commit()
        except Refusal:
            session.rollback()
            return False
        return True

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def ring(self) -> Any:
        return self.app.extensions["linli"].keyring

    def by(self, login: str = "duty", *bodies: str) -> By:
        orgs = tuple(self.world.bodies[body] for body in bodies)
        return By(self.world.people[login], supervisor=True, trained=True, org_ids=orgs)

    @initialize(target=incidents)
    def first(self) -> Any:
        return self.report("concern", NANMEN, "CN12", False)

    @rule(
        target=incidents, kind=st.sampled_from(["concern", "distress", "aid_request"]), place=st.sampled_from(PLACES),
        category=st.sampled_from(CATEGORIES), danger=st.booleans(),
    )  # fmt: skip
    def report(self, kind: str, place: Any, category: str | None, danger: bool) -> Any:
        said = {"client_id": str(uuid4()), "kind": kind, "text": "Please come to the yard", "danger_now": danger}
        said |= {"place": place} if place else {}
        said |= {"category": category} if category else {}
        made: list[dict[str, Any]] = []

        def act(session: Session) -> None:
            loaded = NewReportSchema().load(said)
            linli = self.app.extensions["linli"]
            made.append(receive(session, loaded, settings=linli.settings, ring=linli.keyring, now=self.now).body)

        if not self.step(act):
            return multiple()
        self.danger_shown.append(not danger or bool(made[0].get("emergency", {}).get("number")))
        return UUID(made[0]["incident"]["id"])

    @rule(incident=incidents, category=st.sampled_from(CATEGORIES[1:]), grade=st.integers(1, 5))
    def triage(self, incident: UUID, category: str, grade: int) -> None:
        said = {"category": category, "grade": grade, "flags": [], "emergency_attends": "attending", "reason": "seen"}
        self.step(
            lambda s: triage(s, locked(s, incident), said, by=self.by(), ring=self.ring, timezone="UTC", now=self.now)
        )

    @rule(incident=incidents, body=st.sampled_from(BODIES), letter=st.sampled_from([None, "a"]))
    def offer(self, incident: UUID, body: str, letter: str | None) -> None:
        proposal = Proposal("NC", self.world.bodies[body], letter=letter)
        before = self.owner_of(incident)
        self.step(lambda s: offers.propose(s, locked(s, incident), proposal, by=self.by(), now=self.now))
        assert self.owner_of(incident) == before

    @rule(incident=incidents, yes=st.booleans(), login=st.sampled_from(["gao", "wei", "he"]))
    def answer(self, incident: UUID, yes: bool, login: str) -> None:
        found = self.read(
            "SELECT id, org_id FROM offer WHERE incident_id = :i AND state IN ('proposed','seen')", i=incident
        )
        if not found:
            return
        by = By(self.world.people[login], org_ids=(found[0].org_id,))
        before = self.owner_of(incident)
        if yes:
            self.step(lambda s: answers.accept_offer(s, found[0].id, read_back="I take it", by=by, now=self.now))
        else:
            self.step(lambda s: answers.decline_offer(s, found[0].id, reason="no team", by=by, now=self.now))
            assert self.owner_of(incident) == before

    @rule(
        incident=incidents,
        name=st.sampled_from(["start", "stabilise", "recover", "wake", "close", "reopen", "withdraw"]),
    )
    def work(self, incident: UUID, name: str) -> None:
        by = self.by()

        def act(s: Session) -> None:
            found = locked(s, incident)
            if name == "start":
                acts.start(s, found, contact=True, by=by, now=self.now)
            elif name == "close":
                closing.close(s, found, outcome="resolved", by=by, ring=self.ring, now=self.now)
            elif name == "reopen":
                chain = chain_of(found)
                clocks_s = clocks_for(s, found.category, found.grade, chain, kind=found.kind, now=self.now)
                acts.reopen(s, found, clocks_s, chain=chain, by=by, now=self.now)
            elif name == "withdraw":
                acts.withdraw(s, found, now=self.now)
            else:
                {"stabilise": acts.stabilise, "recover": acts.recover, "wake": acts.wake}[name](
                    s, found, by=by, now=self.now
                )

        self.step(act)

    @rule(incident=incidents, hours=st.integers(1, 300))
    def wait(self, incident: UUID, hours: int) -> None:
        until = self.now + timedelta(hours=hours)
        self.step(
            lambda s: acts.wait(
                s, locked(s, incident), reason="a part", wake_at=until, by=self.by(), ring=self.ring, now=self.now
            )
        )

    @rule(incident=incidents, grade=st.integers(1, 5), reason=st.sampled_from([None, "calmer now"]))
    def regrade(self, incident: UUID, grade: int, reason: str | None) -> None:
        def act(s: Session) -> None:
            found = locked(s, incident)
            clocks_s = clocks_for(s, found.category, grade, chain_of(found), kind=found.kind, now=self.now)
            change = NewGrade(grade, reason, self.world.people["zhou"], contact_made=True)
            acts.regrade(s, found, change, clocks_s, rule="R05", by=self.by(), ring=self.ring, now=self.now)

        self.step(act)

    @rule(incident=incidents)
    def check_goals(self, incident: UUID) -> None:
        def act(s: Session) -> None:
            found = locked(s, incident)
            goals = s.query(Goal).filter_by(incident_id=incident, state="open")
            settled = [Settled(goal.id, "met", "seen") for goal in goals]
            closing.check_goals(s, found, settled, view="content", by=self.by(), ring=self.ring, now=self.now)

        self.step(act)

    @rule(child=incidents, parent=incidents)
    def merge(self, child: UUID, parent: UUID) -> None:
        self.step(lambda s: merging.merge(s, child, parent, by=self.by(), now=self.now))

    @rule(child=incidents)
    def split(self, child: UUID) -> None:
        def act(s: Session) -> None:
            found = locked(s, child)
            clocks_s = clocks_for(s, found.category, found.grade, chain_of(found), kind=found.kind, now=self.now)
            merging.split(s, child, clocks_s, by=self.by(), now=self.now)

        self.step(act)

    @rule(incident=incidents, body=st.sampled_from(BODIES))
    def hand_over(self, incident: UUID, body: str) -> None:
        before = self.owner_of(incident)
        self.step(
            lambda s: handover.propose(
                s, locked(s, incident), organisation_id=self.world.bodies[body], person_id=None,
                sbar={"situation": "x"}, by=self.by(), ring=self.ring, now=self.now,
            )
        )  # fmt: skip
        assert self.owner_of(incident) == before

    @rule(incident=incidents, yes=st.booleans(), read_back=st.sampled_from([None, "I take it"]))
    def answer_handover(self, incident: UUID, yes: bool, read_back: str | None) -> None:
        def act(s: Session) -> None:
            found = locked(s, incident)
            waiting = handover.open_handover(s, incident)
            if waiting:
                by = By(self.world.people["he"], org_ids=(waiting.to_org_id,))
                handover.answer(
                    s, found, waiting, read_back=read_back, accepted=yes, by=by, ring=self.ring, now=self.now
                )

        self.step(act)

    @rule(incident=incidents, attends=st.booleans())
    def not_ours(self, incident: UUID, attends: bool) -> None:
        if attends:
            self.step(lambda s: acts.not_ours(s, locked(s, incident), loop_back_s=3600, by=self.by(), now=self.now))

    @rule(body=st.sampled_from(BODIES), status=st.sampled_from(["suspended", "active"]))
    def body_comes_and_goes(self, body: str, status: str) -> None:
        self.step(
            lambda s: update_organisation(s, self.world.bodies[body], {"status": status}, if_match=None, now=self.now)
        )

    @rule(login=st.sampled_from(["li", "zhou", "song"]))
    def person_leaves(self, login: str) -> None:
        self.step(lambda s: leave(s, self.world.people[login], now=self.now))

    @rule(body=st.sampled_from(["Nanmen Residents' Committee", "Liuyuan Duty Office"]))
    def desk_closes(self, body: str) -> None:
        def act(s: Session) -> None:
            desk = s.get_one(Desk, self.world.desks[body])
            follows = next(iter(closing_of(s, desk, now=self.now).successors), None)
            close_desk(s, desk.id, successor_id=follows.id if follows else None, now=self.now)

        self.step(act)

    @rule(minutes=st.one_of(st.integers(1, 30), st.integers(-120, 3000)))
    def time_jumps(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)

    @rule()
    def sweeps_run(self) -> None:
        failed: list[str] = []
        setattr(sweeps, "log", Failures(failed))  # noqa: B010 - a fake log in place of the real one
        for sweep in (ladder.climb, offers.lapse_due, handover.lapse_due, handing_on.follow_shifts):
            assert self.step(lambda s, sweep=sweep: sweep(s, now=self.now))
        assert failed == []

    @rule()
    def process_restarts(self) -> None:
        db.session.remove()
        db.engine.dispose()

    # What the owner of the database reads.

    def read(self, sql: str, **values: Any) -> list[Any]:
        self.owner.rollback()
        return list(self.owner.execute(text(sql), values))

    def owner_of(self, incident: UUID) -> Any:
        found = self.read(
            "SELECT org_id, desk_id, person_id FROM ownership WHERE incident_id = :i AND upper_inf(during)", i=incident
        )
        return tuple(found[0])

    @invariant()
    def inv_1_every_incident_has_one_owner_at_every_instant(self) -> None:
        assert (
            self.read(
                "SELECT i.id FROM incident i WHERE (SELECT count(*) FROM ownership o WHERE o.incident_id = i.id AND"
                " upper_inf(o.during)) <> 1 OR (SELECT range_agg(o.during) <> tstzmultirange(tstzrange(i.opened_at, NULL))"
                " FROM ownership o WHERE o.incident_id = i.id)"
            )
            == []
        )
        assert (
            self.read(
                "SELECT o.id FROM ownership o WHERE o.desk_id IS NULL AND o.person_id IS NULL OR isempty(o.during)"
            )
            == []
        )

    @invariant()
    def inv_1_no_open_incident_is_owned_by_who_is_gone(self) -> None:
        assert (
            self.read(
                "SELECT i.id FROM incident i JOIN organisation b ON b.id = i.owner_org_id"
                " LEFT JOIN person p ON p.id = i.owner_person_id WHERE i.closed_at IS NULL"
                " AND (b.status <> 'active' OR p.left_at IS NOT NULL)"
            )
            == []
        )

    @invariant()
    def inv_2_ownership_moves_only_by_acts_that_move_it(self) -> None:
        found = {row.by_act for row in self.read("SELECT DISTINCT by_act FROM ownership")}
        assert found <= MOVING

    @invariant()
    def inv_4_police_are_offered_nothing_without_a_letter_that_a_person_named(self) -> None:
        assert (
            self.read(
                "SELECT o.id FROM offer o JOIN organisation b ON b.id = o.org_id"
                " WHERE b.kind = 'police' AND (o.r06_letter IS NULL OR o.r06_letter !~ '^[a-f]$')"
            )
            == []
        )

    @invariant()
    def inv_9_no_clock_of_g1_is_longer_than_its_floor(self) -> None:
        assert (
            self.read(
                "SELECT id FROM clock WHERE grade = 1 AND kind = 'acknowledge' AND state = 'running'"
                " AND due_at - started_at > interval '2 minutes'"
            )
            == []
        )

    @invariant()
    def inv_13_danger_was_answered_with_a_number(self) -> None:
        assert all(self.danger_shown)

    @invariant()
    def inv_14_every_decision_is_kept_with_inputs_rules_and_result(self) -> None:
        assert (
            self.read(
                "SELECT i.id FROM incident i WHERE NOT EXISTS (SELECT FROM decision d WHERE d.incident_id = i.id"
                " AND d.inputs <> '{}' AND d.result <> '{}' AND jsonb_array_length(d.trace) > 0)"
            )
            == []
        )

    @invariant()
    def inv_15_nothing_was_accepted_after_its_time(self) -> None:
        assert self.read("SELECT id FROM offer WHERE state = 'accepted' AND answered_at > due_at") == []

    @invariant()
    def inv_16_only_resolution_ever_pauses(self) -> None:
        assert (
            self.read(
                "SELECT c.id FROM clock c JOIN incident i ON i.id = c.incident_id WHERE c.state = 'paused'"
                " AND (c.kind <> 'resolve' OR (i.state <> 'waiting' AND i.closed_at IS NULL"
                " AND i.state <> 'not_ours_handed_over'))"
            )
            == []
        )

    @invariant()
    def open_incidents_always_have_a_clock_that_runs(self) -> None:
        assert (
            self.read(
                "SELECT i.id FROM incident i WHERE i.closed_at IS NULL AND NOT EXISTS"
                " (SELECT FROM clock c WHERE c.incident_id = i.id AND c.state IN ('running', 'paused'))"
            )
            == []
        )


def test_no_life_of_incidents_breaks_a_promise(postgres: str, baishi: Baishi, tmp_path: Path) -> None:
    Lives.postgres, Lives.world, Lives.folder = postgres, baishi, tmp_path
    chosen = settings(
        max_examples=300 if LONG else 10, stateful_step_count=60 if LONG else 25, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), derandomize=not LONG, phases=(Phase.generate,),
    )  # fmt: skip
    run_state_machine_as_test(Lives, settings=chosen)
    assert Lives.folder.exists()


# Fields that would make a list of dangerous people possible (INV-5, never build).
FORBIDDEN = (
    "risk_score",
    "dangerous",
    "suspect",
    "trust_score",
    "reputation",
    "social_credit",
    "ethnicity",
    "religion",
)


def test_inv_5_no_table_can_rank_people_by_risk(owner_session: Session) -> None:
    columns = owner_session.execute(
        text("SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'")
    ).scalars()
    assert [name for name in columns if any(word in name for word in FORBIDDEN)] == []
