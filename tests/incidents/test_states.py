"""The state table: every pair of state and act, allowed and forbidden (states.md 9.1)."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from backend.incidents.rules import Barred, Moved, Standing, move, regrade_bar
from backend.incidents.states import NON_TERMINAL, TERMINAL, TRANSITIONS, Act, State, allowed_acts, next_state

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

# Written out by hand from states.md, not derived from the table under test.
LEADS_TO = {
    ("received", "triage"): "triaged",
    ("received", "merge"): "merged",
    ("received", "withdraw"): "withdrawn",
    ("received", "not-ours"): "not_ours_handed_over",
    ("triaged", "triage"): "triaged",
    ("triaged", "offer"): "offered",
    ("triaged", "merge"): "merged",
    ("triaged", "withdraw"): "withdrawn",
    ("triaged", "not-ours"): "not_ours_handed_over",
    ("offered", "offer"): "offered",
    ("offered", "accept"): "accepted",
    ("offered", "decline"): "triaged",
    ("offered", "lapse"): "triaged",
    ("offered", "merge"): "merged",
    ("offered", "not-ours"): "not_ours_handed_over",
    ("accepted", "start"): "in_progress",
    ("accepted", "merge"): "merged",
    ("accepted", "not-ours"): "not_ours_handed_over",
    ("in_progress", "wait"): "waiting",
    ("in_progress", "stabilise"): "stabilised",
    ("in_progress", "check-goals"): "goals_checked",
    ("in_progress", "merge"): "merged",
    ("in_progress", "not-ours"): "not_ours_handed_over",
    ("waiting", "wake"): "in_progress",
    ("waiting", "merge"): "merged",
    ("waiting", "not-ours"): "not_ours_handed_over",
    ("stabilised", "recover"): "recovering",
    ("stabilised", "check-goals"): "goals_checked",
    ("stabilised", "merge"): "merged",
    ("stabilised", "not-ours"): "not_ours_handed_over",
    ("recovering", "check-goals"): "goals_checked",
    ("recovering", "merge"): "merged",
    ("recovering", "not-ours"): "not_ours_handed_over",
    ("goals_checked", "close"): "closed",
    ("goals_checked", "merge"): "merged",
    ("goals_checked", "not-ours"): "not_ours_handed_over",
    ("not_ours_handed_over", "check-goals"): "goals_checked",
    ("not_ours_handed_over", "merge"): "merged",
    ("closed", "reopen"): "triaged",
    ("withdrawn", "reopen"): "triaged",
    ("merged", "split"): "received",
}
STAYS = {
    Act.REGRADE: NON_TERMINAL,
    Act.HAND_OVER: NON_TERMINAL,
    Act.ATTACH: NON_TERMINAL,
    Act.DETACH: frozenset(State),
    Act.MAJOR: NON_TERMINAL,
    Act.NOTE: frozenset(State),
    Act.MESSAGE: frozenset(State),
}


@pytest.mark.parametrize("state, act", list(product(State, Act)))
def test_every_pair_of_state_and_act(state: State, act: Act) -> None:
    expected = LEADS_TO.get((state.value, act.value))
    if state in STAYS.get(act, ()):
        expected = state.value
    assert next_state(state, act, prior=State.RECEIVED) == (State(expected) if expected else None)


@pytest.mark.parametrize("state", State)
def test_a_refusal_names_what_is_allowed_instead(state: State) -> None:
    forbidden = next(act for act in Act if state not in TRANSITIONS[act])
    outcome = move(Standing(state, 3), forbidden, now=NOW)
    assert isinstance(outcome, Barred)
    assert outcome.allowed == allowed_acts(state)


def test_terminal_states_are_those_of_the_domain() -> None:
    assert {state.value for state in TERMINAL} == {"closed", "withdrawn", "merged"}


def ready(**more: Any) -> Standing:
    """An incident that lacks nothing for closing, but for what is given."""
    return Standing(State.GOALS_CHECKED, 3, view_asked=1, **more)


@pytest.mark.parametrize(
    "standing, act, supervisor, code",
    [
        (Standing(State.RECEIVED, 1, diversion_open=True), Act.TRIAGE, True, "diversion-open"),
        (Standing(State.IN_PROGRESS, 3, duty_open=True), Act.STABILISE, True, "duty-open"),
        (ready(duty_open=True), Act.CLOSE, True, "duty-open"),
        (ready(complained_about=True), Act.CLOSE, True, "own-matter"),
        (ready(disputed=True), Act.CLOSE, True, "disputed"),
        (ready(open_goals=1), Act.CLOSE, True, "goals-open"),
        (ready(open_parts=2), Act.CLOSE, True, "parts-open"),
        (ready(unapproved_goals=1), Act.CLOSE, False, "unmet-needs-approval"),
        (Standing(State.GOALS_CHECKED, 2, view_asked=1), Act.CLOSE, False, "needs-supervisor"),
        (Standing(State.IN_PROGRESS, 3), Act.CHECK_GOALS, False, "view-not-sought"),
        (Standing(State.RECEIVED, 3, duty_open=True), Act.WITHDRAW, False, "duty-open"),
        (Standing(State.CLOSED, 3, closed_at=NOW - timedelta(days=91)), Act.REOPEN, False, "too-late-to-reopen"),
    ],
)
def test_each_guard_says_why(standing: Standing, act: Act, supervisor: bool, code: str) -> None:
    outcome = move(standing, act, supervisor=supervisor, now=NOW)
    assert isinstance(outcome, Barred)
    assert outcome.code == code
    assert outcome.en
    assert outcome.zh


@pytest.mark.parametrize(
    "standing, act, supervisor",
    [
        (ready(), Act.CLOSE, False),
        (Standing(State.GOALS_CHECKED, 1, view_asked=1), Act.CLOSE, True),
        (Standing(State.IN_PROGRESS, 3, view_asked=1), Act.CHECK_GOALS, False),
        (Standing(State.CLOSED, 3, closed_at=NOW - timedelta(days=89)), Act.REOPEN, False),
    ],
)
def test_what_meets_its_guards_moves(standing: Standing, act: Act, supervisor: bool) -> None:
    assert isinstance(move(standing, act, supervisor=supervisor, now=NOW), Moved)


@pytest.mark.parametrize("state", [State.RECEIVED, State.OFFERED, State.WAITING])
def test_no_closing_from_states_in_which_nobody_has_worked(state: State) -> None:
    assert isinstance(move(Standing(state, 3, view_asked=2), Act.CLOSE, supervisor=True, now=NOW), Barred)


@pytest.mark.parametrize(
    "old, new, trained, reason, second, contact, code",
    [
        (3, 2, False, False, False, False, None),
        (3, 1, False, False, False, False, None),
        (3, 3, False, False, False, False, None),
        (2, 3, False, True, True, True, "down-needs-triage"),
        (2, 3, True, False, True, True, "down-needs-reason"),
        (2, 3, True, True, False, False, None),
        (1, 2, True, True, False, True, "leaving-g1-needs-two"),
        (1, 2, True, True, True, False, "leaving-g1-needs-two"),
        (1, 2, True, True, True, True, None),
    ],
)
def test_up_is_easy_and_down_is_hard(
    old: int, new: int, trained: bool, reason: bool, second: bool, contact: bool, code: str | None
) -> None:
    barred = regrade_bar(
        old=old, new=new, trained=trained, has_reason=reason, second_person=second, contact_made=contact
    )
    assert (barred.code if barred else None) == code
