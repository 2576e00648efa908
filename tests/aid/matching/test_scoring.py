"""What a score is made of, and that each part says so in words."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from backend.aid.matching.facts import Offered, Safeguard, Wanted
from backend.aid.matching.rules import compare
from backend.aid.matching.scoring import UNKNOWN, WEIGHTS, Score, reasons, score
from tests.aid.matching.made import offered, offers, wanted, window, wishes


def fit(asked: Wanted, given_: Offered) -> Score:
    return score(asked, given_, compare(asked, given_))


def test_the_weights_together_are_one() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_a_pair_with_nothing_between_them_has_the_whole_score() -> None:
    asked = wanted(amount=2.0, unit="kg", helped_by=frozenset({UUID(int=1_000_001)}))
    assert fit(asked, offered(north_m=0.0, amount=2.0, unit="kg")).value == pytest.approx(1.0)


# What makes an offer better than another, everything else being the same.
BETTER: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    ("nearer", {}, {"north_m": 300.0}, {"north_m": 900.0}),
    ("more time in common", {}, {"windows": (window(24),)}, {"windows": (window(25),)}),
    ("a known time before an unknown one", {}, {}, {"windows": None}),
    ("a known language before an unknown one", {}, {}, {"languages": None}),
    ("the own language before a second one", {"languages": ("zh", "en")}, {"languages": ("zh",)}, {"languages": ("en",)}),
    ("who has helped less this week", {}, {"load": 0}, {"load": 1}),
    ("enough before a part", {"amount": 4.0, "unit": "kg"}, {"amount": 4.0, "unit": "kg"}, {"amount": 2.0, "unit": "kg"}),
    ("the same unit before another", {"amount": 4.0, "unit": "kg"}, {"amount": 4.0, "unit": "kg"},
     {"amount": 4.0, "unit": "box"}),
    ("a third of the reach is worth a first time", {}, {"north_m": 900.0}, {"north_m": 0.0, "load": 1}),
]  # fmt: skip


@pytest.mark.parametrize("name, asked, better, worse", BETTER, ids=[name for name, *_ in BETTER])
def test_what_makes_an_offer_better(
    name: str, asked: dict[str, Any], better: dict[str, Any], worse: dict[str, Any]
) -> None:
    request = wanted(**asked)
    assert fit(request, offered(**better)).value > fit(request, offered(**worse)).value


def test_who_has_helped_before_comes_first_among_equals() -> None:
    asked = wanted(helped_by=frozenset({UUID(int=1_000_002)}))
    assert fit(asked, offered(2)).value > fit(asked, offered(1)).value


@given(wishes(1), offers(1))
def test_a_score_lies_between_0_and_1_as_each_of_its_parts_does(asked: Wanted, given_: Offered) -> None:
    found = fit(asked, given_)
    assert 0.0 <= found.value <= 1.0 + 1e-9
    assert all(0.0 <= part <= 1.0 for part in found.parts.values())


def test_reasons_say_distance_time_language_load_and_amount() -> None:
    asked = wanted(amount=3.0, unit="kg")
    given_ = offered(amount=2.0, unit="kg")
    said = {one.key: dict(one.fills) for one in reasons(asked, given_, compare(asked, given_))}
    assert said.keys() == {"near", "time", "language", "light", "part"}
    assert said["near"]["metres"] == pytest.approx(600, abs=5)
    assert (said["language"], said["part"]) == ({"language": "zh"}, {"amount": 2.0, "wanted": 3.0})


def test_what_is_unknown_is_among_the_reasons_and_counts_less_than_half() -> None:
    asked = wanted(windows=None, languages=None)
    verdict = compare(asked, offered())
    assert {one.key for one in reasons(asked, offered(), verdict)} >= {"unknown_time", "unknown_language"}
    assert score(asked, offered(), verdict).parts["time"] == UNKNOWN < 0.5


def test_a_proof_that_is_needed_is_said_to_be_there() -> None:
    asked = wanted(safeguards=frozenset({Safeguard.CARE}))
    given_ = offered(credentials=frozenset({"care"}))
    assert "proved" in {one.key for one in reasons(asked, given_, compare(asked, given_))}
