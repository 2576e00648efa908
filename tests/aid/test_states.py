"""The table of a match: every pair of state and act, what each side may say, and what random talk never reaches."""

from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backend.aid.rules import (
    BOTH,
    Barred,
    Decision,
    Moved,
    Said,
    Side,
    Standing,
    allowed,
    by_act,
    decided,
    may_write,
    moved,
    shows_words,
)
from backend.aid.states import OPEN, PENDING, UNDER_WAY, Act, State, next_state

REQUEST, OFFER = Side.REQUEST, Side.OFFER

# Written out by hand from states.md 9.2 and rule R19, not derived from the table under test.
LEADS_TO = {
    ("tentative", "accept"): "accepted_by_one",
    ("tentative", "decline"): "cancelled",
    ("tentative", "cancel"): "cancelled",
    ("tentative", "lapse"): "cancelled",
    ("tentative", "worry"): "frozen",
    ("accepted_by_one", "accept"): "accepted",
    ("accepted_by_one", "decline"): "cancelled",
    ("accepted_by_one", "cancel"): "cancelled",
    ("accepted_by_one", "lapse"): "cancelled",
    ("accepted_by_one", "worry"): "frozen",
    ("accepted", "begin"): "in_progress",
    ("accepted", "confirm"): "in_progress",
    ("accepted", "fail"): "failed",
    ("accepted", "cancel"): "cancelled",
    ("accepted", "lapse"): "cancelled",
    ("accepted", "worry"): "frozen",
    ("in_progress", "confirm"): "in_progress",
    ("in_progress", "finish"): "done",
    ("in_progress", "fail"): "failed",
    ("in_progress", "cancel"): "cancelled",
    ("in_progress", "lapse"): "cancelled",
    ("in_progress", "worry"): "frozen",
    ("done", "worry"): "frozen",
    ("failed", "worry"): "frozen",
    ("cancelled", "worry"): "frozen",
    ("frozen", "return"): "accepted_by_one",
    ("frozen", "resume"): "in_progress",
    ("frozen", "clear"): "done",
    ("frozen", "end"): "cancelled",
}


@pytest.mark.parametrize("state, act", list(product(State, Act)))
def test_every_pair_of_state_and_act(state: State, act: Act) -> None:
    expected = LEADS_TO.get((state.value, act.value))
    assert next_state(state, act) == (State(expected) if expected else None)


def test_what_is_open_is_what_waits_for_a_yes_and_what_is_under_way() -> None:
    assert {state.value for state in PENDING} == {"tentative", "accepted_by_one"}
    assert {state.value for state in UNDER_WAY} == {"accepted", "in_progress"}
    assert OPEN == PENDING | UNDER_WAY


# Where a match stands, and what the side that asked for help may say there.
MAY: list[tuple[Standing, set[str]]] = [
    (Standing(), {"accept", "decline", "worry"}),
    (Standing(State.ACCEPTED_BY_ONE, frozenset({REQUEST})), {"cancel", "worry"}),
    (Standing(State.ACCEPTED_BY_ONE, frozenset({OFFER})), {"accept", "decline", "worry"}),
    (Standing(State.ACCEPTED, BOTH), {"done", "failed", "cancel", "worry", "messages", "share"}),
    (Standing(State.IN_PROGRESS, BOTH), {"done", "failed", "cancel", "worry", "messages", "share"}),
    (Standing(State.IN_PROGRESS, BOTH, frozenset({REQUEST})), {"failed", "cancel", "worry", "messages", "share"}),
    (Standing(State.IN_PROGRESS, BOTH, frozenset({OFFER})), {"done", "failed", "cancel", "worry", "messages", "share"}),
    (
        Standing(State.ACCEPTED, BOTH, shares=frozenset({REQUEST})),
        {"done", "failed", "cancel", "worry", "messages", "unshare"},
    ),
    (Standing(State.DONE, BOTH, BOTH), {"worry", "rating"}),
    (Standing(State.DONE, BOTH, BOTH, rated=frozenset({REQUEST})), {"worry"}),
    (Standing(State.FAILED, BOTH), {"worry"}),
    (Standing(State.CANCELLED), {"worry"}),
    (Standing(State.FROZEN, BOTH), set()),
    (Standing(State.FROZEN), set()),
]


@pytest.mark.parametrize("standing, may", MAY)
def test_what_a_side_may_say_at_each_stage(standing: Standing, may: set[str]) -> None:
    assert set(allowed(standing, REQUEST)) == may


@pytest.mark.parametrize(
    "standing, said, code",
    [
        (Standing(State.ACCEPTED_BY_ONE, frozenset({REQUEST})), Said.ACCEPT, "accepted-already"),
        (Standing(State.ACCEPTED_BY_ONE, frozenset({REQUEST})), Said.DECLINE, "accepted-already"),
        (Standing(State.ACCEPTED_BY_ONE, frozenset({OFFER})), Said.CANCEL, "not-accepted"),
        (Standing(State.IN_PROGRESS, BOTH, frozenset({REQUEST})), Said.DONE, "done-already"),
        (Standing(State.ACCEPTED_BY_ONE, frozenset({OFFER})), Said.DONE, "not-in-this-state"),
        (Standing(State.DONE, BOTH, BOTH), Said.FAILED, "not-in-this-state"),
        (Standing(State.FROZEN, BOTH), Said.WORRY, "not-in-this-state"),
    ],
)
def test_each_guard_says_why(standing: Standing, said: Said, code: str) -> None:
    barred = moved(standing, said, REQUEST)
    assert isinstance(barred, Barred)
    assert barred.code == code
    assert barred.en
    assert barred.zh


# What a coordinator alone does, and where a match goes on that stood there before the worry.
LOOKED_AT = {Act.RETURN, Act.RESUME, Act.CLEAR, Act.END}
GOES_ON = {
    State.ACCEPTED_BY_ONE: State.ACCEPTED_BY_ONE, State.ACCEPTED: State.IN_PROGRESS,
    State.IN_PROGRESS: State.IN_PROGRESS, State.DONE: State.DONE,
}  # fmt: skip


def test_nothing_of_a_resident_or_of_time_moves_a_stopped_match() -> None:
    assert {act for act in Act if next_state(State.FROZEN, act)} == LOOKED_AT


class Talk(RuleBasedStateMachine):
    """Two sides and Linli do to one match whatever they like, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = Standing()
        self.said_yes: set[Side] = set()
        self.said_done: set[Side] = set()
        self.before = State.TENTATIVE

    def go(self, outcome: Moved | Barred) -> bool:
        if isinstance(outcome, Moved):
            if self.now.state is not State.FROZEN:
                self.before = self.now.state
            self.now = outcome.standing
        return isinstance(outcome, Moved)

    @rule(said=st.sampled_from(Said), side=st.sampled_from(Side))
    def say(self, said: Said, side: Side) -> None:
        is_allowed = said.value in allowed(self.now, side)
        assert self.go(moved(self.now, said, side)) == is_allowed
        if is_allowed and said is Said.ACCEPT:
            self.said_yes.add(side)
        if is_allowed and said is Said.DONE:
            self.said_done.add(side)

    @rule(act=st.sampled_from([Act.LAPSE, Act.BEGIN]))
    def happen(self, act: Act) -> None:
        self.go(by_act(self.now, act))

    @precondition(lambda self: self.now.state is State.FROZEN)
    @rule(act=st.sampled_from(sorted(set(Act) - LOOKED_AT)), side=st.sampled_from(Side))
    def a_frozen_match_moves_nowhere(self, act: Act, side: Side) -> None:
        assert isinstance(by_act(self.now, act, side), Barred)
        assert allowed(self.now, side) == ()

    @precondition(lambda self: self.now.state is State.FROZEN)
    @rule(decision=st.sampled_from(Decision))
    def a_coordinator_decides(self, decision: Decision) -> None:
        is_over = self.before in {State.TENTATIVE, State.FAILED, State.CANCELLED}
        went = self.go(decided(self.now, decision, before=self.before))
        assert went != (decision is Decision.RESUME and is_over)
        assert not went or self.now.state in {State.CANCELLED, GOES_ON.get(self.before)}

    @invariant()
    def words_are_shown_only_after_both_have_said_yes(self) -> None:
        assert shows_words(self.now) == (self.said_yes == set(Side))
        assert not may_write(self.now) or self.said_yes == set(Side)

    @invariant()
    def nothing_is_done_that_only_one_says_is_done(self) -> None:
        assert self.now.state is not State.DONE or self.said_done == set(Side)
        assert self.now.state not in {State.ACCEPTED, State.IN_PROGRESS} or self.said_yes == set(Side)


TestTalk = Talk.TestCase
TestTalk.settings = settings(max_examples=200, stateful_step_count=30, deadline=None, database=None)
