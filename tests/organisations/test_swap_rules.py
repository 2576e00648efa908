"""The table of a swap's states: every pair, allowed and forbidden."""

from itertools import product

import pytest

from backend.organisations.rules.swaps import OPEN, SwapAct, SwapState, allowed_acts, next_state

ALLOWED = {
    ("asked", "accept"): "accepted",
    ("asked", "decline"): "declined",
    ("asked", "withdraw"): "withdrawn",
    ("asked", "lapse"): "lapsed",
    ("accepted", "confirm"): "done",
    ("accepted", "refuse"): "refused",
    ("accepted", "withdraw"): "withdrawn",
    ("accepted", "lapse"): "lapsed",
}


@pytest.mark.parametrize("state, act", list(product(SwapState, SwapAct)))
def test_every_pair_of_state_and_act(state: SwapState, act: SwapAct) -> None:
    found = next_state(state, act)
    assert (found.value if found else None) == ALLOWED.get((state.value, act.value))


def test_turns_change_hands_only_after_the_other_accepted() -> None:
    into_done = {state for state in SwapState for act in SwapAct if next_state(state, act) is SwapState.DONE}
    assert into_done == {SwapState.ACCEPTED}


def test_what_is_settled_stays_so() -> None:
    assert {allowed_acts(state) for state in frozenset(SwapState) - OPEN} == {()}
