"""Every pair of the requests' table, what bars erasing, and how long things are kept."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kernel.problems import Refusal
from backend.policy.files import entries_of
from backend.rights.keeping import keeping_from, keeping_of
from backend.rights.rules import (
    ANSWER_WITHIN,
    MOVES,
    REMIND_AFTER,
    WAITING,
    Asked,
    Keeping,
    Matter,
    Move,
    Part,
    after,
    bars_to_erasing,
    is_due,
    moves_of,
    next_call,
)
from backend.settings import SettingRefused, Settings

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
OVER = {"granted", "taken_back", "partly_upheld", "refusal_upheld"}


@pytest.mark.parametrize("state, move", list(product(Asked, Move)))
def test_every_pair_of_state_and_move(state: Asked, move: Move) -> None:
    assert after(state, move) == MOVES.get((state, move))
    assert (move in moves_of(state)) == ((state, move) in MOVES)
    if state.value in OVER:
        assert after(state, move) is None


def test_every_request_can_come_to_an_end_and_is_appealed_once_only() -> None:
    assert {state for state in Asked if not moves_of(state)} == {Asked(one) for one in OVER}
    after_appeal = {MOVES[Asked.APPEALED, move] for move in moves_of(Asked.APPEALED)}
    assert not any(Move.APPEAL in moves_of(state) for state in after_appeal)


FREE = {"is_over": True, "duty_open": False, "disputed": False, "held": False, "protected": False}


@pytest.mark.parametrize(
    "change, bars",
    [
        ({}, ()),
        ({"is_over": False}, ("not_over",)),
        ({"duty_open": True}, ("legal_duty",)),
        ({"disputed": True}, ("dispute",)),
        ({"held": True}, ("legal_hold",)),
        ({"protected": True}, ("protected",)),
        ({"is_over": False, "held": True}, ("not_over", "legal_hold")),
    ],
)
def test_what_bars_erasing_at_once(change: dict[str, bool], bars: tuple[str, ...]) -> None:
    assert bars_to_erasing(Matter(**(FREE | change))) == bars


@pytest.mark.parametrize("state", list(Asked))
def test_what_waits_is_called_once_before_it_is_late_then_when_it_is_and_then_again(state: Asked) -> None:
    due = NOW + ANSWER_WITHIN
    calls = [next_call(state, NOW, due, at) for at in (NOW, NOW + REMIND_AFTER, due, due + timedelta(days=9))]
    if state not in WAITING:
        assert calls == [None] * 4
        return
    assert calls[:2] == [NOW + REMIND_AFTER, due]
    assert [at and at > due for at in calls[2:]] == [True, True]


KEEPING = Keeping(Part.WORDS, 365, [(frozenset({"DS04"}), 1825), (frozenset({"DS04", "AID01"}), 30)])


@given(st.sampled_from(["DS04", "AID01", "CN01", None]))
def test_each_category_is_in_exactly_one_group_and_that_one_has_its_days(category: str | None) -> None:
    holding = [
        days for days, codes, others in KEEPING.groups() if (category in codes if codes else category not in others)
    ]
    assert holding == [KEEPING.days_for(category)]


@pytest.mark.parametrize(
    "closed, category, due",
    [(None, "CN01", False), (364, "CN01", False), (365, "CN01", True), (400, "DS04", False), (30, "AID01", True)],
)
def test_what_is_over_goes_after_its_days_and_what_is_open_never(closed: int | None, category: str, due: bool) -> None:
    closed_at = NOW - timedelta(days=closed) if closed is not None else None
    assert is_due(KEEPING, category, closed_at, NOW) is due


def test_the_policy_of_the_house_names_every_part() -> None:
    found = keeping_of(Settings.from_env({}))
    assert set(found) == set(Part)
    assert found[Part.WORDS].days_for("DS04") > found[Part.WORDS].days_for("CN01")


WHOLE: dict[str, object] = {part.value: {"days": 10} for part in Part}


@pytest.mark.parametrize(
    "change, named",
    [
        ({"words": {}}, "days"),
        ({"words": {"days": 0}}, "days"),
        ({"words": {"days": 10, "until": 3}}, "until"),
        ({"words": {"days": 10, "but": [{"days": 5, "categories": ["CN99"]}]}}, "categories"),
        ({"wrods": {"days": 10}}, "wrods"),
    ],
)
def test_a_policy_with_a_mistake_names_it(change: dict[str, object], named: str) -> None:
    with pytest.raises(Refusal, match=named):
        keeping_from(entries_of("own.yaml", WHOLE | change), "own.yaml")


def test_a_policy_that_cannot_be_read_is_refused_at_start() -> None:
    with pytest.raises(SettingRefused, match="LINLI_RETENTION"):
        keeping_of(Settings.from_env({}, retention="nowhere/retention.yaml"))
