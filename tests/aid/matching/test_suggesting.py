"""Suggestions for one request: the best with their reasons, others with what speaks against them."""

import random

from hypothesis import given
from hypothesis import strategies as st

from backend.aid.matching.facts import Offered, Wanted
from backend.aid.matching.rules import Unknown, Why, feasible
from backend.aid.matching.suggesting import ENOUGH, Index, suggest
from tests.aid.matching.made import LAT, LON, METRE, offered, towns, wanted


def test_the_best_comes_first_and_what_does_not_fit_says_why() -> None:
    near, far, busy = offered(1, north_m=200.0), offered(2, north_m=900.0), offered(3, load=6)
    found = suggest([(wanted(), one) for one in (far, busy, near)])
    assert [one.offered.id for one in found.best] == [near.id, far.id]
    assert [(one.offered.id, one.verdict.why_not) for one in found.others] == [(busy.id, (Why.LOAD,))]
    assert found.barred == {Why.LOAD: 1}


def test_another_need_is_not_looked_at() -> None:
    found = suggest([(wanted(), offered(need="AID09"))])
    assert (found.best, found.others, found.barred) == ((), (), {})


def test_what_is_not_known_is_counted() -> None:
    assert suggest([(wanted(), offered(windows=None))]).unknown == {Unknown.TIME: 1}


def test_what_nearly_fits_comes_before_what_fits_in_nothing() -> None:
    nearly, hardly = offered(1, load=6), offered(2, load=6, languages=("en",), windows=())
    assert [one.offered.id for one in suggest([(wanted(), hardly), (wanted(), nearly)]).others] == [
        nearly.id,
        hardly.id,
    ]


@given(towns(most_wanted=1))
def test_an_index_suggests_what_comparing_with_everybody_does(town: tuple[list[Wanted], list[Offered]]) -> None:
    asked, given_ = town
    index = Index(given_)
    for one in asked:
        everybody = suggest((one, other) for other in given_)
        assert index.suggest(one).best == everybody.best
        assert all(feasible(pair.wanted, pair.offered) == () for pair in everybody.best)


@given(st.randoms(use_true_random=False))
def test_an_index_finds_the_nearest_among_very_many(chance: random.Random) -> None:
    many = [
        offered(number, lat=LAT + chance.uniform(-1, 1) * 2500 * METRE, lon=LON + chance.uniform(-1, 1) * 2500 * METRE)
        for number in range(4 * ENOUGH)
    ]
    everybody = suggest(((wanted(), one) for one in many), most=3)
    assert Index(many).suggest(wanted(), most=3).best == everybody.best
