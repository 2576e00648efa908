"""Likely duplicates: what the words are, what a likeness weighs, and what is never suggested."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.incidents.likeness import (
    MAX_TOKENS,
    PRIVATE,
    Candidate,
    blind_tokens,
    likeness,
    may_suggest,
    suggest_duplicates,
    word_tokens,
)
from backend.policy.files import read_defaults

KEY = b"a key for tests"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def report(
    text: str = "Smell of gas in the stairwell",
    *,
    north_m: float = 0,
    ago: timedelta = timedelta(),
    **other: object,
) -> Candidate:
    """A report of a gas smell now, or something else."""
    made = Candidate(
        id=f"{text} {north_m} {ago}",
        lat=24.8 + north_m / 111_195,
        lon=120.97,
        accuracy_m=None,
        at=NOW - ago,
        category="CN03",
        tokens=frozenset(blind_tokens(text, KEY)),
    )
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The wires are hanging", "wire hangs"),
        ("BLOCKED sidewalks", "blocking the sidewalk"),
        ("Falling bricks", "a brick fell, it falls"),
        ("２４号楼漏水", "24号楼漏水"),
        ("樓道裡的煤氣味", "楼道里煤气味"),
        ("neighbour’s dog", "neighbour's dogs"),
    ],
)
def test_spellings_of_the_same_words_meet(one: str, other: str) -> None:
    assert word_tokens(one) & word_tokens(other)
    assert word_tokens(one) <= word_tokens(other) | word_tokens("brick hanging fell")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", set()),
        ("It is what it is, please and thank you!", set()),
        ("Gas at 124 Chandler Street", {"gas", "124", "chandler"}),
        ("煤气味", {"煤气", "气味"}),
        ("我的车被撞了", {"车", "撞"}),
        ("gas煤气", {"gas", "煤气"}),
    ],
)
def test_words_that_say_nothing_are_left_out(text: str, tokens: set[str]) -> None:
    assert word_tokens(text) == tokens


def test_blind_tokens_need_the_key_and_are_bounded() -> None:
    many = " ".join(f"word{letter}{other}" for letter, other in product("abcdefghijklmnopqrstuvwxyz", repeat=2))
    tokens = blind_tokens(many, KEY)
    assert len(tokens) == MAX_TOKENS
    assert list(tokens) == sorted(set(tokens))
    assert all(-(2**31) <= token < 2**31 for token in tokens)
    assert not set(tokens) & set(blind_tokens(many, b"another key"))
    for key in (b"", b"k" * 65):
        with pytest.raises(ValueError, match="key"):
            blind_tokens(many, key)


@given(text=st.text(max_size=200))
def test_blind_tokens_follow_the_words(text: str) -> None:
    assert len(blind_tokens(text, KEY)) == len(word_tokens(text))
    assert blind_tokens(text, KEY) == blind_tokens(text.upper().lower(), KEY) or text.lower() != text.upper().lower()


DAY = timedelta(days=1)
ALIKE = [
    ("the same smell a minute later", report("Odor of gas at the entrance", ago=timedelta(minutes=1)), True),
    (
        "the same smell across the street",
        report("Strong gas smell", north_m=40, ago=timedelta(minutes=30)),
        True,
    ),
    ("the same wreck a week later", report("Abandoned car", ago=7 * DAY, category="CN01"), False),
    ("something else at once at the same door", report("Loud party", category="CN04"), False),
    ("the same smell a kilometre away", report(north_m=1000), False),
    ("the same words two months ago across the block", report(north_m=150, ago=59 * DAY), False),
    ("a photo for it, without words, at the same spot", report("Photo", ago=timedelta(minutes=1)), True),
]


@pytest.mark.parametrize(("what", "old", "suggested"), ALIKE)
def test_place_time_category_and_words_weigh_together(what: str, old: Candidate, suggested: bool) -> None:
    assert bool(suggest_duplicates(report(), [old])) == suggested, what


def test_a_wreck_is_still_there_next_week_but_a_noise_is_not() -> None:
    wreck, noise = (replace(report("Car on the pavement"), category=category) for category in ("CN01", "CN04"))
    old = [replace(one, id="old", at=NOW - 7 * DAY) for one in (wreck, noise)]
    assert suggest_duplicates(wreck, old[:1])
    assert not suggest_duplicates(noise, old[1:])


def test_a_coarse_position_is_forgiven_a_little() -> None:
    exact, coarse = report(north_m=90), report(north_m=90, accuracy_m=60.0)
    assert likeness(report(), coarse).score > likeness(report(), exact).score
    assert likeness(report(), replace(coarse, accuracy_m=5_000.0)).score < likeness(report(), report()).score + 1e-9
    assert not suggest_duplicates(report(), [report(north_m=900, accuracy_m=5_000.0)])


def test_a_likeness_says_why_in_both_languages() -> None:
    found = likeness(report(), report("Gas smell again", north_m=23, ago=timedelta(hours=3)))
    assert [reason["en"] for reason in found.reasons] == [
        "at most about 20 m apart",
        "3 hours apart",
        "the same category",
        "2 words in common",
    ]
    assert all(reason["zh"] for reason in found.reasons)
    assert found.distance_m == pytest.approx(23, abs=0.5)
    assert found.minutes == 180


@pytest.mark.parametrize(
    ("new", "old", "may"),
    [
        ("CN04", "CN04", True),
        ("CN04", "CN05", True),
        ("CN03", "DS02", True),
        (None, "CN01", True),
        (None, None, True),
        ("DS04", "DS04", True),
        ("CN04", "DS04", False),
        ("DS04", "CN04", False),
        ("DS03", "DS04", False),
        (None, "DS04", False),
        ("CN13", "DS08", False),
        ("AID01", "AID01", True),
        ("AID01", "AID02", False),
        ("AID01", "CN01", False),
        (None, "AID01", False),
    ],
)
def test_private_matters_are_never_likened_to_others(new: str | None, old: str | None, may: bool) -> None:
    assert may_suggest(new, old) == may


def test_private_here_is_private_in_the_policy() -> None:
    entries = read_defaults("categories.yaml", "categories")
    assert {code for code, entry in entries.items() if entry.flag("private")} == PRIVATE


def test_abuse_at_home_is_not_offered_as_a_copy_of_the_noise_next_door() -> None:
    noise = report("Shouting and banging next door", category="CN04")
    abuse = replace(noise, id="abuse", category="DS04")
    assert likeness(abuse, noise).score > 0
    assert suggest_duplicates(abuse, [noise]) == ()
    assert suggest_duplicates(noise, [abuse]) == ()


def test_a_report_is_not_its_own_duplicate_and_five_are_enough() -> None:
    new = report()
    copies = [replace(new, id=f"copy {number}") for number in range(9)]
    assert [one.id for one in suggest_duplicates(new, [new, *copies])] == [f"copy {number}" for number in range(5)]
    assert len(suggest_duplicates(new, copies, limit=2)) == 2


candidates = st.builds(
    Candidate,
    id=st.uuids(),
    lat=st.floats(-90, 90) | st.floats(24.8, 24.801),
    lon=st.floats(-180, 180) | st.floats(120.97, 120.971),
    accuracy_m=st.none() | st.floats(0, 1e6),
    at=st.integers(-1_000_000, 100).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    category=st.sampled_from([None, "CN01", "CN04", "DS04", "AID01", "DS02"]),
    tokens=st.frozensets(st.integers(0, 20), max_size=8),
)


@given(one=candidates, other=candidates)
def test_a_likeness_is_symmetric_and_between_0_and_1(one: Candidate, other: Candidate) -> None:
    there, back = likeness(one, other), likeness(other, one)
    assert there.score == back.score
    assert 0 <= there.score <= 1


@given(new=candidates, old=st.lists(candidates, max_size=8, unique_by=lambda one: one.id), data=st.data())
def test_suggestions_do_not_depend_on_the_order_of_the_candidates(
    new: Candidate, old: list[Candidate], data: st.DataObject
) -> None:
    found = suggest_duplicates(new, old, threshold=0.1)
    assert found == suggest_duplicates(new, data.draw(st.permutations(old)), threshold=0.1)
    assert [one.likeness.score for one in found] == sorted((one.likeness.score for one in found), reverse=True)
    kinds = {one.id: one.category for one in old}
    assert all(may_suggest(new.category, kinds[one.id]) for one in found)
