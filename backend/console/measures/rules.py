"""What of a table may be shown, and what a body's share of the work is called. Pure.

**Small counts.** A count from 1 to 4 could point to a person, so it is hidden; so is every figure of its row. Where what
is hidden could be got by subtracting from the total what is shown, more is hidden: the hidden cells of a column are two
or more and make 5 or more together, or are nothing but zeros; where even that cannot be, the total is hidden as well.

**Share of the work (C14).** Along each route: of the lead offers that bodies accepted in the period, the part that each
accepted. A body that accepted 80 % or more of at least ten is a *monopoly* where another body holds a mandate for the
route there, so that others are able; where no other does, it is the *single provider*: a point where all fails when it
fails, to be recruited for, and no fault of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LEAST = 5
MONOPOLY_SHARE, MONOPOLY_LEAST = 0.8, 10  # C14, Check
# A gap is looked for from 20 incidents on, is named from 2.58 standard deviations (1 in 100 by chance) and a quarter on.
GAP_LEAST, GAP_SURE, GAP_LONGER = 20, 2.58, 1.25


@dataclass(frozen=True, slots=True)
class Hidden:
    """What of a table is hidden: rows by their place, and whether the totals are."""

    rows: frozenset[int]
    total: bool


def is_small(count: int) -> bool:
    """Whether a count is too small to be shown; none at all points to nobody."""
    return 0 < count < LEAST


def hide(rows: Sequence[Sequence[int]], *, already: frozenset[int] = frozenset()) -> Hidden:
    """What must be hidden of rows of counts whose column totals are shown. ``already``: rows that are hidden anyhow.

    Beside the small ones the smallest of the others go, until nothing can be worked out.
    """
    if not rows:
        return Hidden(frozenset(), total=False)
    hidden = set(already) | {at for at, counts in enumerate(rows) if any(map(is_small, counts))}
    others = sorted((at for at in range(len(rows)) if at not in hidden), key=lambda at: (sum(rows[at]) == 0, rows[at]))
    while hidden and not _is_safe(rows, hidden):
        if not others:
            return Hidden(frozenset(range(len(rows))), total=True)
        hidden.add(others.pop(0))
    return Hidden(frozenset(hidden), total=any(is_small(sum(column)) for column in zip(*rows, strict=True)))


def _is_safe(rows: Sequence[Sequence[int]], hidden: set[int]) -> bool:
    sums = [sum(rows[at][column] for at in hidden) for column in range(len(rows[0]))]
    return all(total == 0 or (total >= LEAST and len(hidden) >= 2) for total in sums)


class Balance(StrEnum):
    """What a body's share along a route is called."""

    SHARED = "shared"
    MONOPOLY = "monopoly"
    SINGLE_PROVIDER = "single_provider"
    TOO_FEW = "too_few"


def balance_of(*, accepted: int, of: int, others_able: int) -> Balance:
    """The name of a share: ``accepted`` of ``of`` along a route, where ``others_able`` other bodies hold a mandate."""
    if of < MONOPOLY_LEAST:
        return Balance.TOO_FEW
    if accepted / of < MONOPOLY_SHARE:
        return Balance.SHARED
    return Balance.MONOPOLY if others_able else Balance.SINGLE_PROVIDER


class Gap(StrEnum):
    """How long a group waits against all, at the same grade."""

    LONGER = "longer"
    SHORTER = "shorter"
    ALIKE = "alike"
    TOO_FEW = "too_few"


def gap_of(*, above: int, below: int, ratio: float | None) -> Gap:
    """The name of a group's gap: ``above`` and ``below`` the median of all at their grade, ``ratio`` the usual multiple.

    A gap is named where chance alone would do it less than once in a hundred times (sign test), and where the group's
    usual time differs by a quarter or more.
    """
    of = above + below
    if of < GAP_LEAST or ratio is None:
        return Gap.TOO_FEW
    distance = (
        abs(above - below) - 1
    ) / of**0.5  # in standard deviations of a fair coin, with the correction for steps
    if distance < GAP_SURE:
        return Gap.ALIKE
    if above > below and ratio >= GAP_LONGER:
        return Gap.LONGER
    return Gap.SHORTER if above < below and ratio <= 1 / GAP_LONGER else Gap.ALIKE


def share(part: int, whole: int) -> float | None:
    """``part`` of ``whole`` in percent, to one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None
