"""Duplicates that a city's staff found, replayed in time order (tests/bench/duplicates.py prints more)."""

import pytest

from tests.bench.duplicates import MOST_CANDIDATES, REPORTS, replay

pytestmark = pytest.mark.skipif(not REPORTS.exists(), reason="the shared data is not here (LINLI_SHARED_DATA)")


def test_four_of_five_duplicates_are_suggested_with_few_others() -> None:
    figures = replay()
    print(
        f"{len(figures.found)} of {len(figures.pairs)} pairs ({figures.found_share:.1%}), "
        f"{figures.false_per_100:.2f} others per 100 reports, most candidates {max(figures.candidates)}"
    )
    assert len(figures.pairs) == 282
    assert figures.found_share >= 0.83
    assert figures.false_per_100 <= 3.6
    assert max(figures.candidates) < MOST_CANDIDATES
