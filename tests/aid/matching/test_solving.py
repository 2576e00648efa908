"""Plans of many pairs: no hard condition is ever broken, nothing better exists, and the order of input changes nothing."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.aid.matching.facts import AT_ONCE_MOST, PROOF, Offered, Safeguard, Wanted
from backend.aid.matching.rules import feasible
from backend.aid.matching.solving import FOUND, Plan, edges, plan, uses, waited, worth
from tests.aid.matching.made import HOUR, NOW, offered, towns, wanted

Town = tuple[list[Wanted], list[Offered]]
# The solver is loaded in the first of many tries, which takes as long as all others.
UNHURRIED = settings(deadline=None)


def named(found: Plan) -> list[tuple[int, int]]:
    """The pairs by the numbers that they were made with."""
    return [(pair.wanted.id.int, pair.offered.id.int - 1_000_000) for pair in found.pairs]


def best_worth(asked: Sequence[Wanted], given_: Sequence[Offered]) -> float:
    """The most that any choice is worth, by trying all of them."""
    possible = edges(asked, given_)
    by_row = {row: [edge for edge in possible if edge.row == row] for row in range(len(asked))}

    def tried(row: int, used: Counter[int]) -> Iterator[float]:
        if row == len(asked):
            yield 0.0
            return
        yield from tried(row + 1, used)
        for edge in by_row[row]:
            nth, offer = used[edge.column], given_[edge.column]
            if nth < uses(offer):
                gain = worth(asked[row], offer, edge.score, nth, now=NOW)
                for rest in tried(row + 1, used + Counter({edge.column: 1})):
                    yield gain + rest

    return max(tried(0, Counter()))


@UNHURRIED
@given(towns())
def test_no_pair_of_a_plan_breaks_a_hard_condition(town: Town) -> None:
    found = plan(*town, now=NOW)
    assert [feasible(pair.wanted, pair.offered) for pair in found.pairs if feasible(pair.wanted, pair.offered)] == []


@UNHURRIED
@given(towns())
def test_no_child_is_planned_with_somebody_without_the_proof(town: Town) -> None:
    for pair in plan(*town, now=NOW).pairs:
        if Safeguard.CHILD in pair.wanted.safeguards:
            assert PROOF[Safeguard.CHILD] in (pair.offered.credentials or ())


@UNHURRIED
@given(towns())
def test_each_request_is_planned_once_or_left_open_and_nobody_is_asked_above_the_cap(town: Town) -> None:
    asked, given_ = town
    found = plan(asked, given_, now=NOW)
    assert sorted([pair.wanted.id for pair in found.pairs] + list(found.open)) == sorted(one.id for one in asked)
    times = Counter(pair.offered.id for pair in found.pairs)
    for one in given_:
        assert one.load + times[one.id] <= max(one.cap, one.load)
        assert times[one.id] <= AT_ONCE_MOST


@UNHURRIED
@given(towns(), st.randoms(use_true_random=False))
def test_the_order_in_which_facts_come_changes_nothing(town: Town, chance: random.Random) -> None:
    asked, given_ = list(town[0]), list(town[1])
    before = plan(asked, given_, now=NOW)
    chance.shuffle(asked)
    chance.shuffle(given_)
    assert plan(asked, given_, now=NOW) == before


@settings(UNHURRIED, max_examples=60)
@given(towns(most_wanted=4, most_offered=4))
def test_no_choice_is_worth_more_than_the_plan(town: Town) -> None:
    asked, given_ = town
    by_need = {one.need for one in asked}
    best = sum(
        best_worth([one for one in asked if one.need == need], [one for one in given_ if one.need == need])
        for need in by_need
    )
    assert plan(asked, given_, now=NOW).worth == pytest.approx(best)


def test_a_request_that_only_one_can_help_gets_that_one() -> None:
    # The nearest-first choice would give the first offer to the first request and leave the second with nobody.
    asked = [wanted(1), wanted(2, languages=("hak",))]
    given_ = [offered(1, north_m=100.0, languages=("zh", "hak"), cap=1), offered(2, north_m=900.0)]
    assert named(plan(asked, given_, now=NOW)) == [(1, 2), (2, 1)]


def test_where_one_has_to_stay_open_it_is_the_one_that_has_waited_less() -> None:
    asked = [wanted(1, since=NOW - HOUR), wanted(2, since=NOW - 60 * HOUR)]
    found = plan(asked, [offered(1, cap=1)], now=NOW)
    assert (named(found), [one.int for one in found.open]) == ([(2, 1)], [1])


def test_helpers_share_the_work_although_one_is_somewhat_nearer() -> None:
    asked = [wanted(1), wanted(2), wanted(3)]
    given_ = [offered(1, north_m=200.0), offered(2, north_m=500.0), offered(3, north_m=700.0)]
    assert {offer for _, offer in named(plan(asked, given_, now=NOW))} == {1, 2, 3}


def test_one_helper_gets_several_where_nobody_else_can() -> None:
    found = plan([wanted(number) for number in range(1, 6)], [offered(1)], now=NOW)
    assert (sorted(pair.nth for pair in found.pairs), len(found.open)) == ([0, 1, 2], 2)


def test_somebody_with_several_offers_is_not_asked_above_the_cap_by_all_of_them_together() -> None:
    asked = [wanted(number) for number in range(1, 7)] + [wanted(7, need="AID09")]
    given_ = [
        offered(number, helper="one", cap=2, need=need) for number, need in ((1, "AID01"), (2, "AID01"), (3, "AID09"))
    ]
    assert len(plan(asked, given_, now=NOW).pairs) == 2


def test_a_body_gives_to_many_at_once() -> None:
    asked = [wanted(number) for number in range(1, 9)]
    assert len(plan(asked, [offered(1, cap=1_000, at_once=50)], now=NOW).pairs) == 8


def test_a_place_that_is_unknown_is_left_to_a_person() -> None:
    assert plan([wanted(lat=None)], [offered()], now=NOW).open == (wanted().id,)
    assert plan([wanted()], [offered(lat=None)], now=NOW).pairs == ()


def test_nothing_is_planned_of_nothing() -> None:
    assert plan([], [], now=NOW) == Plan((), (), 0.0)
    assert plan([], [offered()], now=NOW).pairs == ()


@pytest.mark.parametrize("hours, share", [(-1, 0.0), (0, 0.0), (36, 0.5), (72, 1.0), (500, 1.0)])
def test_waiting_counts_until_a_service_takes_over(hours: int, share: float) -> None:
    assert waited(wanted(since=NOW - timedelta(hours=hours)), now=NOW) == pytest.approx(share)


def test_to_help_one_more_is_worth_more_than_any_fit() -> None:
    assert FOUND > 1.0
