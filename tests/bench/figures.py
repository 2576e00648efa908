"""What a benchmark gives: figures beside their yardsticks, printed as a table and kept as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

KEPT = Path(__file__).parents[2] / "build" / "bench.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value.

    ``yardstick`` is the same work done in the plainest way in the same run, in the same unit, and ``ratio`` the value
    over it; None where nothing plainer exists. ``goal`` says in words what was promised, empty where nothing was, and
    ``met`` whether it holds here; ``note`` says what the yardstick is and how far rounds lay apart.
    """

    name: str
    value: float
    unit: str
    goal: str = ""
    yardstick: float | None = None
    ratio: float | None = None
    met: bool | None = None
    note: str = ""


def at_most(
    name: str, value: float, unit: str, goal: float | None = None, *, yardstick: float | None = None, note: str = ""
) -> Figure:
    """A figure that is good when it is small."""
    said = f"at most {goal:g} {unit}" if goal is not None else ""
    met = None if goal is None else value <= goal
    return Figure(name, value, unit, said, yardstick, _ratio(value, yardstick), met, note)


def at_least(name: str, value: float, unit: str, goal: float, *, note: str = "") -> Figure:
    """A figure that is good when it is large."""
    return Figure(name, value, unit, f"at least {goal:g} {unit}".strip(), met=value >= goal, note=note)


def at_most_times(name: str, value: float, unit: str, times: float, *, yardstick: float, note: str = "") -> Figure:
    """A figure that may be at most ``times`` its yardstick."""
    ratio = value / yardstick
    return Figure(name, value, unit, f"at most {times:g} x yardstick", yardstick, ratio, ratio <= times, note)


def at_least_share(name: str, value: float, unit: str, share: float, *, yardstick: float, note: str = "") -> Figure:
    """A figure that is good when it is large: at least ``share`` of its yardstick."""
    ratio = value / yardstick
    return Figure(name, value, unit, f"at least {share:g} x yardstick", yardstick, ratio, ratio >= share, note)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that ``percent`` of a hundred do not exceed (nearest rank). Raises ValueError for no values."""
    if not values:
        raise ValueError("nothing was measured")
    ordered = sorted(values)
    rank = -(-len(ordered) * percent // 100)
    return ordered[min(len(ordered), max(1, int(rank))) - 1]


def spread(rounds: Sequence[float]) -> str:
    """How far rounds of one figure lay apart, for a note: lowest to highest."""
    return f"{len(rounds)} rounds {min(rounds):.3g} to {max(rounds):.3g}" if len(rounds) > 1 else "1 round"


def middle(rounds: Sequence[float]) -> float:
    """The figure of several rounds: their median, so that one disturbed round does not count."""
    return float(median(rounds))


def table(figures: Iterable[Figure]) -> str:
    """The figures for a terminal, one line each."""
    rows = [("figure", "value", "yardstick", "ratio", "goal", "")]
    rows += [
        (
            one.name,
            f"{_short(one.value)} {one.unit}".strip(),
            "" if one.yardstick is None else _short(one.yardstick),
            "" if one.ratio is None else f"{one.ratio:.2f}",
            one.goal,
            {None: "", True: "met", False: "MISSED"}[one.met],
        )
        for one in figures
    ]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    right = {1, 2, 3}
    lines = [
        "  ".join(
            cell.rjust(w) if at in right else cell.ljust(w)
            for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def keep(figures: Iterable[Figure], path: Path = KEPT) -> None:
    """Write the figures as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(one) for one in figures], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _ratio(value: float, yardstick: float | None) -> float | None:
    return value / yardstick if yardstick else None


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
