"""Random lives of neighbours against the real database: incidents keep their owner, words stay hidden, stops hold."""

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.aid.rules import Said
from backend.app import create_app
from backend.kernel.clock import MovableClock
from backend.kernel.database import db, owner_engine
from backend.kernel.journal import broken_chains
from backend.settings import Settings
from tests.aid.conftest import Neighbour, board
from tests.aid.test_board import settled
from tests.conftest import NOW, TEST_KEY
from tests.support.baishi import NANMEN, Baishi
from tests.support.lending import lender
from tests.support.people import sign_in

WHO = st.integers(0, 3)
WORDS = "Zinnober Laterne"
# Each call takes a second of the clock.
LATE = NOW + timedelta(seconds=8)
# A need that waits is met, or its clock runs, or everybody who is to be told was.
TOLD_ON = text(
    "SELECT l.id FROM aid_listing l JOIN report r ON r.id = l.report_id JOIN incident i ON i.id = r.incident_id"
    " WHERE l.direction = 'request' AND l.ended_at IS NULL AND r.withdrawn_at IS NULL AND i.closed_at IS NULL"
    " AND l.next_rung_at IS NULL AND l.rungs_told < cardinality(l.rungs_s) AND NOT EXISTS (SELECT FROM aid_match m"
    " WHERE m.request_report_id = r.id AND m.state IN ('accepted', 'in_progress', 'done'))"
)
STREET = "Zinnober Lane"
OWNED = text(
    "SELECT i.id FROM incident i WHERE i.closed_at IS NULL AND 1 <>"
    " (SELECT count(*) FROM ownership o WHERE o.incident_id = i.id AND upper_inf(o.during))"
)


class Neighbours(RuleBasedStateMachine):
    """Two who ask and two who offer, a desk that closes, and time."""

    postgres: str
    world: Baishi
    folder: Path
    reached: set[str] = set()

    def __init__(self) -> None:
        super().__init__()
        self.loan = ExitStack()
        url = self.loan.enter_context(lender(self.postgres, "linli_baishi").lent())
        chosen = Settings.from_env(
            {}, database_url=url, data=self.folder, master_key=TEST_KEY, pool_size=2, log_level="error"
        )
        self.clock = MovableClock(NOW)
        self.app = create_app(chosen, clock=self.clock)
        self.engine = owner_engine(url)
        self.client: FlaskClient = self.app.test_client()
        self.numbers: list[str] = []
        self.shares: dict[str, set[int]] = {}
        self.people = [self.join(kind) for kind in ("aid_request", "aid_request", "aid_offer", "aid_offer")]
        self.stopped: set[str] = set()
        self.said_yes: dict[str, set[int]] = {}

    @initialize()
    def two_have_met_and_two_may(self) -> None:
        for who, ready in ((2, True), (3, False)):
            self.answer_first(who, 0)
            if ready:
                for asked in (0, 1):
                    self.agree(asked)

    def teardown(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
        with self.engine.connect() as connection:
            broken = list(broken_chains(Session(connection)))
        self.engine.dispose()
        self.loan.close()
        assert broken == []

    def join(self, kind: str) -> Neighbour:
        said: dict[str, Any] = {"client_id": str(uuid4()), "kind": kind, "category": "AID01", "text": "Soup"}
        contact: dict[str, Any] = {"phone": f"+86 138 0000 {len(self.numbers):04}", "consent": True}
        self.numbers.append(contact["phone"])
        said |= {"place": NANMEN | {"landmark": STREET}, "contact": contact, "aid": {"on_board": True, "amount": 2}}
        answer = self.client.post("/api/v1/reports", json=said)
        return Neighbour(self.client, self.clock, answer.get_json())

    def call(self, who: int, path: str, body: dict[str, Any] | None = None) -> bool:
        self.clock.advance(seconds=1)
        one = self.people[who]
        answer = self.client.post(f"/api/v1/receipt/{path}", json=body or {}, headers=one.headers)
        assert answer.status_code in {200, 404, 409}, answer.get_data(as_text=True)
        return answer.status_code == 200

    def matches(self, who: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.people[who].look()["matches"]
        return found

    @rule(who=WHO, which=st.integers(0, 3))
    def answer(self, who: int, which: int) -> None:
        self.answer_first(who, which)

    def answer_first(self, who: int, which: int) -> None:
        direction = "offer" if who < 2 else "request"
        listings = [one for one in board(self.client) if one["direction"] == direction]
        if not listings:
            return
        listing = listings[which % len(listings)]
        before = {one["id"] for one in self.matches(who)}
        if self.call(who, "aid/answers", {"listing_id": listing["id"], "text": f"{WORDS} {who}"}):
            (match,) = [one["id"] for one in self.matches(who) if one["id"] not in before]
            self.said_yes[match] = {who}

    @rule(who=WHO)
    def say_yes_to_all(self, who: int) -> None:
        self.agree(who)

    def agree(self, who: int) -> None:
        for match in self.matches(who):
            if "accept" in match["allowed"]:
                self.say_of(who, match, Said.ACCEPT)

    @rule(who=WHO, which=st.integers(0, 3), said=st.sampled_from(Said))
    def say(self, who: int, which: int, said: Said) -> None:
        found = self.matches(who)
        if found:
            self.say_of(who, found[which % len(found)], said)

    def say_of(self, who: int, match: dict[str, Any], said: Said) -> None:
        done = self.call(who, f"aid/matches/{match['id']}/{said}")
        assert done == (said in match["allowed"])
        assert not (done and match["id"] in self.stopped)
        if done and said is Said.ACCEPT:
            self.said_yes[match["id"]].add(who)
        if done and said is Said.WORRY:
            self.stopped.add(match["id"])

    @rule(who=WHO)
    def write(self, who: int) -> None:
        for match in self.matches(who):
            wrote = self.call(who, f"aid/matches/{match['id']}/messages", {"text": f"{WORDS} {who}"})
            assert wrote == ("messages" in match["allowed"])

    @rule(who=WHO, shares=st.booleans())
    def let_contact_be_seen(self, who: int, shares: bool) -> None:
        for match in self.matches(who):
            said = "share" if shares else "unshare"
            done = self.call(who, f"aid/matches/{match['id']}/{said}")
            assert done or "messages" not in match["allowed"]
            if done and shares:
                self.shares.setdefault(match["id"], set()).add(who)
            elif done:
                self.shares.get(match["id"], set()).discard(who)

    # What ends much comes late, so that there is something to end.

    @precondition(lambda self: self.clock.now() > LATE)
    @rule(who=WHO, path=st.sampled_from(["aid/off-board", "withdraw"]))
    def leave(self, who: int, path: str) -> None:
        self.call(who, path)

    @precondition(lambda self: self.clock.now() > LATE)
    @rule(who=WHO)
    def worry(self, who: int) -> None:
        for match in self.matches(who)[:1]:
            self.say_of(who, match, Said.WORRY)

    @precondition(lambda self: self.clock.now() > LATE)
    @rule(days=st.integers(1, 20))
    def wait(self, days: int) -> None:
        self.clock.advance(days=days)
        settled(self.app, self.clock)
        assert settled(self.app, self.clock) == 0

    @precondition(lambda self: self.clock.now() > LATE)
    @rule(who=WHO)
    def a_desk_raises_the_grade(self, who: int) -> None:
        path = f"/api/v1/incidents/{self.people[who].told['incident']['id']}/regrade"
        answer = self.client.post(path, json={"grade": 3}, headers=sign_in(self.client, "duty"))
        assert answer.status_code in {200, 409}, answer.get_data(as_text=True)

    @invariant()
    def every_incident_has_its_owner(self) -> None:
        with self.engine.connect() as connection:
            assert connection.execute(OWNED).all() == []

    @invariant()
    def words_of_another_are_shown_only_after_both_have_said_yes(self) -> None:
        for who in range(len(self.people)):
            for match in self.matches(who):
                self.reached.add(match["state"])
                shown = [one for one in match["messages"] if one["from"] == "other"]
                assert not shown or len(self.said_yes[match["id"]]) == 2
                assert match["state"] == "frozen" or match["id"] not in self.stopped

    @invariant()
    def nobody_learns_where_or_how_before_both_have_agreed_and_while_it_is_stopped(self) -> None:
        for who, one in enumerate(self.people):
            matches, seen = self.matches(who), str(one.look())
            goes_on = [match for match in matches if match["state"] in {"accepted", "in_progress"}]
            for match in goes_on:
                assert len(self.said_yes[match["id"]]) == 2
                assert (match["contact"] is not None) == (len(self.shares.get(match["id"], ())) == 2)
                self.reached |= {"shown"} if match["contact"] else set()
            others = [number for other, number in enumerate(self.numbers) if other != who and number in seen]
            assert len(others) == sum(match["contact"] is not None for match in goes_on)
            assert (STREET in str(matches)) == (who >= 2 and bool(goes_on))

    @invariant()
    def every_need_is_met_or_somebody_is_told_of_it(self) -> None:
        with self.engine.connect() as connection:
            assert connection.execute(TOLD_ON).all() == []

    @invariant()
    def the_board_shows_its_few_fields_alone(self) -> None:
        fields = {"id", "direction", "need", "when", "says", "language", "distance", "listed_at"}
        assert all(set(one) == fields for one in board(self.client))
        known = {UUID(one.told["id"]) for one in self.people}
        assert {UUID(one["id"]) for one in board(self.client)}.isdisjoint(known)


@pytest.mark.slow
def test_whatever_neighbours_do_the_promises_hold(postgres: str, baishi: Baishi, tmp_path: Path) -> None:
    Neighbours.postgres, Neighbours.world, Neighbours.folder = postgres, baishi, tmp_path
    few = settings(
        max_examples=8, stateful_step_count=20, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate],
    )  # fmt: skip
    run_state_machine_as_test(Neighbours, settings=few)
    assert Neighbours.reached >= {"accepted_by_one", "accepted"}
    assert len(Neighbours.reached - {"shown"}) >= 5
