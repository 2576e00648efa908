"""What of a table is hidden cannot be worked out from what is shown; what a share is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.console.measures.rules import LEAST, Balance, Gap, balance_of, gap_of, hide, is_small, share
from backend.console.measures.tables import Column, Group, Row, Table, conceal

counts = st.integers(0, 12) | st.integers(0, 500)
tables = st.integers(1, 3).flatmap(
    lambda wide: st.lists(st.lists(counts, min_size=wide, max_size=wide), min_size=1, max_size=24)
)


@pytest.mark.parametrize(
    "rows, hidden, total",
    [
        ([[10], [20]], set(), False),
        ([[0], [20]], set(), False),
        ([[3], [20], [30]], {0, 1}, False),
        ([[1], [4], [30]], {0, 1}, False),
        ([[1], [2], [30], [9]], {0, 1, 3}, False),
        ([[3], [20]], {0, 1}, False),
        ([[3]], {0}, True),
        ([[3], [0]], {0, 1}, True),
        ([[1], [1], [1]], {0, 1, 2}, True),
        ([[40, 2], [30, 9], [20, 7]], {0, 2}, False),
        ([[40, 2], [30, 0], [20, 0]], {0, 1, 2}, True),
        ([], set(), False),
    ],
)
def test_small_counts_go_and_with_them_what_gives_them_away(
    rows: list[list[int]], hidden: set[int], total: bool
) -> None:
    found = hide(rows)
    assert (set(found.rows), found.total) == (hidden, total)


@given(rows=tables, already=st.frozensets(st.integers(0, 23), max_size=3))
def test_no_small_count_is_shown_and_none_can_be_computed_from_the_total(
    rows: list[list[int]], already: frozenset[int]
) -> None:
    found = hide(rows, already=frozenset(at for at in already if at < len(rows)))
    for column in range(len(rows[0])):
        shown = [row[column] for at, row in enumerate(rows) if at not in found.rows]
        covered = [rows[at][column] for at in found.rows]
        assert not any(map(is_small, shown))
        if found.total:
            continue
        # All that somebody knows who subtracts: what the hidden cells make together.
        assert not is_small(sum(row[column] for row in rows))
        left = sum(row[column] for row in rows) - sum(shown)
        assert left == 0 or (left >= LEAST and len(covered) >= 2)


@given(rows=tables)
def test_nothing_is_hidden_without_need(rows: list[list[int]]) -> None:
    if not any(is_small(count) for row in rows for count in row):
        assert hide(rows).rows == frozenset()


@given(rows=st.lists(st.tuples(counts, counts, counts), min_size=1, max_size=24))
def test_a_share_and_a_time_are_shown_only_where_their_counts_are(rows: list[tuple[int, int, int]]) -> None:
    names = ("counted", "in_time", "missed")
    made = [
        Row(str(at), {}, dict(zip(names, row, strict=True)) | {"p50_s": 9, "share": 7.0}) for at, row in enumerate(rows)
    ]
    total = Row(
        "total", {}, {name: sum(row.cells[name] for row in made) for name in names} | {"p50_s": 9, "share": 7.0}
    )
    groups = (Group(("counted",), ("p50_s",)), Group(("in_time", "missed"), ("share",), also=True))
    table = conceal(Table(tuple(Column(name, "count") for name in names), made, total), groups)
    for row in (*table.rows, total):
        assert (row.cells["p50_s"] is None) == (row.cells["counted"] is None)
        assert (row.cells["share"] is None) == (row.cells["missed"] is None) == (row.cells["in_time"] is None)
        assert row.cells["counted"] is not None or row.key == "total" or row.cells["in_time"] is None
        assert not any(is_small(row.cells[name] or 0) for name in names)
        assert set(row.hidden) == {key for key, value in row.cells.items() if value is None}


@pytest.mark.parametrize(
    "accepted, of, others, name",
    [
        (9, 9, 2, Balance.TOO_FEW),
        (8, 10, 2, Balance.MONOPOLY),
        (80, 100, 1, Balance.MONOPOLY),
        (79, 100, 1, Balance.SHARED),
        (10, 10, 0, Balance.SINGLE_PROVIDER),
        (2, 10, 0, Balance.SHARED),
        (0, 0, 0, Balance.TOO_FEW),
    ],
)
def test_one_that_holds_nearly_all_is_a_monopoly_only_where_others_are_able(
    accepted: int, of: int, others: int, name: Balance
) -> None:
    assert balance_of(accepted=accepted, of=of, others_able=others) is name


def test_a_share_of_nothing_is_none() -> None:
    assert (share(0, 0), share(1, 3), share(3, 3)) == (None, 33.3, 100.0)


@pytest.mark.parametrize(
    "above, below, ratio, gap",
    [
        (0, 0, None, Gap.TOO_FEW),
        (19, 0, 3.0, Gap.TOO_FEW),
        (10, 10, 1.0, Gap.ALIKE),
        (20, 0, 2.0, Gap.LONGER),
        (0, 20, 0.5, Gap.SHORTER),
        (12, 8, 2.0, Gap.ALIKE),  # chance alone does that often
        (60, 40, 2.0, Gap.ALIKE),  # 1.9 standard deviations
        (65, 35, 1.3, Gap.LONGER),
        (650, 350, 1.1, Gap.ALIKE),  # sure, and too little to matter
        (350, 650, 0.9, Gap.ALIKE),
    ],
)
def test_a_gap_is_named_where_it_is_sure_and_matters(above: int, below: int, ratio: float | None, gap: Gap) -> None:
    assert gap_of(above=above, below=below, ratio=ratio) is gap


@given(above=st.integers(0, 400), below=st.integers(0, 400), ratio=st.floats(0.01, 100))
def test_longer_for_one_is_shorter_for_the_other(above: int, below: int, ratio: float) -> None:
    mirrored = {Gap.LONGER: Gap.SHORTER, Gap.SHORTER: Gap.LONGER}
    found = gap_of(above=above, below=below, ratio=ratio)
    assert gap_of(above=below, below=above, ratio=1 / ratio) in {mirrored.get(found, found), Gap.ALIKE}
