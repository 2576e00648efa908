"""The life of a change of rules: every pair of state and act, allowed and forbidden."""

from itertools import product

import pytest

from backend.policy.changes import OPEN, TRANSITIONS, Act, State, acts_from, next_state

ALLOWED: dict[tuple[str, str], str] = {
    ("draft", "save"): "draft", ("linted", "save"): "draft", ("simulated", "save"): "draft",
    ("draft", "lint"): "linted", ("linted", "lint"): "linted", ("simulated", "lint"): "simulated",
    ("linted", "simulate"): "simulated", ("simulated", "simulate"): "simulated",
    ("linted", "propose"): "proposed", ("simulated", "propose"): "proposed",
    ("proposed", "send_back"): "draft",
    ("proposed", "approve"): "approved",
    ("approved", "schedule"): "scheduled",
    ("scheduled", "block"): "draft",
    ("approved", "take_effect"): "effective", ("scheduled", "take_effect"): "effective",
    ("effective", "supersede"): "superseded",
    ("effective", "roll_back"): "rolled_back",
    ("draft", "withdraw"): "withdrawn", ("linted", "withdraw"): "withdrawn", ("simulated", "withdraw"): "withdrawn",
    ("proposed", "withdraw"): "withdrawn", ("approved", "withdraw"): "withdrawn", ("scheduled", "withdraw"): "withdrawn",
}  # fmt: skip


@pytest.mark.parametrize("state, act", list(product(State, Act)), ids=str)
def test_every_act_leads_where_the_table_says_or_nowhere(state: State, act: Act) -> None:
    wanted = ALLOWED.get((state.value, act.value))
    assert next_state(state, act) == (State(wanted) if wanted else None)
    assert (act in acts_from(state)) == (wanted is not None)


def test_nothing_holds_that_was_not_approved() -> None:
    ways = {
        (state, act)
        for act, moves in TRANSITIONS.items()
        for state, onward in moves.items()
        if onward is State.EFFECTIVE
    }
    assert ways == {(State.APPROVED, Act.TAKE_EFFECT), (State.SCHEDULED, Act.TAKE_EFFECT)}
    before = {state for moves in TRANSITIONS.values() for state, onward in moves.items() if onward is State.APPROVED}
    assert before == {State.PROPOSED}


def test_what_was_never_moves_again() -> None:
    ends = {State.SUPERSEDED, State.ROLLED_BACK, State.WITHDRAWN}
    assert all(acts_from(state) == () for state in ends)
    assert set(State) == OPEN | ends | {State.EFFECTIVE}
