"""Which reports neighbours may find each other over, as a table (R19, R12, INV-12)."""

from dataclasses import replace
from typing import Any

import pytest

from backend.aid.rules import LISTINGS_A_DAY_MOST, STANDS_FOR, Fitness, Side, kept_off, unfit
from backend.kernel.languages import LANGUAGES, texts

FIT = Fitness("aid_request", "AID01", is_sorted=True, self_match=True, grade=4)
# Why a listing that says so is not shown (tests/aid/test_wanting.py).
WISHES = {"no_consent", "circle", "past", "too_far_ahead", "large"}
CASES: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"kind": "aid_offer"}, None),
    ({"grade": 5}, None),
    ({"grade": 3}, "with_a_person"),
    ({"grade": 1}, "with_a_person"),
    ({"kind": "concern"}, "not_aid"),
    ({"kind": "distress"}, "not_aid"),
    ({"self_match": False}, "needs_matcher"),
    ({"category": None}, "not_sorted"),
    ({"is_sorted": False}, "not_sorted"),
    ({"in_danger": True}, "with_a_person"),
    ({"is_fragile": True}, "with_a_person"),
    ({"safe_mode": True}, "with_a_person"),
    ({"private": True}, "with_a_person"),
    ({"duty": True}, "with_a_person"),
    ({"is_over": True}, "over"),
    # What concerns a person is never told by another reason.
    ({"is_fragile": True, "self_match": False, "category": None}, "with_a_person"),
]


@pytest.mark.parametrize("change, reason", CASES)
def test_who_may_match_by_themselves(change: dict[str, Any], reason: str | None) -> None:
    assert unfit(replace(FIT, **change)) == reason
    assert kept_off(replace(FIT, **change), listed_today=0) == reason


@pytest.mark.parametrize(
    "change, listed_today, reason",
    [
        ({"has_place": False}, 0, "no_place"),
        ({}, LISTINGS_A_DAY_MOST - 1, None),
        ({}, LISTINGS_A_DAY_MOST, "too_many"),
        ({"has_place": False, "is_fragile": True}, LISTINGS_A_DAY_MOST, "with_a_person"),
    ],
)
def test_the_board_asks_for_a_place_and_for_measure(
    change: dict[str, Any], listed_today: int, reason: str | None
) -> None:
    assert kept_off(replace(FIT, **change), listed_today=listed_today) == reason


def test_every_reason_has_words_in_every_language() -> None:
    told = (
        {reason for _, reason in CASES if reason}
        | {
            "no_place",
            "too_many",
            "same_direction",
            "other_need",
            "own",
            "answered",
            "taken_off",
        }
        | WISHES
    )
    assert {key.removeprefix("aid.why.") for key in texts() if key.startswith("aid.why.")} == told
    assert all(set(texts()[f"aid.why.{reason}"]) == set(LANGUAGES) for reason in told)


def test_each_side_stands_for_a_while_and_has_another() -> None:
    assert set(STANDS_FOR) == set(Side)
    assert {side.other for side in Side} == set(Side)
