"""Rules of rotas: where a desk is empty, who is in two places, and what is said about it (C13, R03)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from backend.kernel.languages import pick, say_time

GAPS_NAMED = 5


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """A person's time at a desk, from ``start`` to just before ``end``. ``rank`` 0 answers first."""

    start: datetime
    end: datetime
    rank: int
    person_id: UUID


@dataclass(frozen=True, slots=True)
class Gap:
    """A time for which nobody answers first."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two turns that cannot both be."""

    first: Turn
    second: Turn


def needs_cover(kind: str, *, always_staffed: bool) -> bool:
    """Whether a desk may never be empty: the last one, unless somebody answers there without our rota."""
    return kind == "buck_stops" and not always_staffed


def rota_gaps(turns: Iterable[Turn], start: datetime, end: datetime) -> tuple[Gap, ...]:
    """The times from ``start`` to ``end`` for which no turn of rank 0 answers, in order and not touching."""
    first_answerers = (turn for turn in turns if turn.rank == 0 and turn.start < min(turn.end, end))
    gaps, covered_to = [], start
    for turn in sorted(first_answerers):
        if covered_to < turn.start:
            gaps.append(Gap(covered_to, turn.start))
        covered_to = max(covered_to, turn.end)
    if covered_to < end:
        gaps.append(Gap(covered_to, end))
    return tuple(gaps)


def overlaps(turns: Iterable[Turn]) -> tuple[Overlap, ...]:
    """Turns of one desk that clash: two people in one rank at a time, or one person in two ranks."""
    ordered = sorted(turns)
    ranks = {turn.rank for turn in ordered}
    people = {turn.person_id for turn in ordered}
    lines = [[turn for turn in ordered if turn.rank == rank] for rank in ranks]
    lines += [[turn for turn in ordered if turn.person_id == person] for person in people]
    found = {(a, b) for line in lines for a, b in _clashes(line)}
    return tuple(Overlap(a, b) for a, b in sorted(found))


def _clashes(ordered: Sequence[Turn]) -> Iterable[tuple[Turn, Turn]]:
    longest: Turn | None = None
    for turn in ordered:
        if longest and turn.start < longest.end:
            yield longest, turn
        longest = max(longest or turn, turn, key=lambda one: one.end)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new rota does to a desk's turns. ``misplaced`` is the index of a turn that it cannot take."""

    kept: tuple[Turn, ...] = ()
    removed: tuple[Turn, ...] = ()
    added: tuple[Turn, ...] = ()
    misplaced: int | None = None
    why: Mapping[str, str] = field(default_factory=dict)


def merge_rota(
    stored: Sequence[Turn], wanted: Sequence[Turn], *, start: datetime, end: datetime, now: datetime
) -> Plan:
    """Compare a desk's turns with those wanted for a period; a turn belongs to the period in which it begins.

    Nothing is put into the past: a turn that is over stays as it was served, and a new one begins at ``now``
    at the earliest. ``stored`` may reach beyond the period; what begins outside of it is kept.
    """
    served = {turn for turn in stored if turn.end <= now}
    for index, turn in enumerate(wanted):
        if why := _why_misplaced(turn, served, start=start, end=end, now=now):
            return Plan(misplaced=index, why=why)
    to_come = {_from(now, turn): turn for turn in stored if turn.end > now}
    asked = {_from(now, turn) for turn in wanted if turn.end > now}
    within = {cut for cut, turn in to_come.items() if start <= turn.start < end}
    return Plan(
        kept=tuple(sorted(turn for cut, turn in to_come.items() if cut in asked or cut not in within)),
        removed=tuple(sorted(to_come[cut] for cut in within - asked)),
        added=tuple(sorted(asked - set(to_come))),
    )


def _from(now: datetime, turn: Turn) -> Turn:
    return replace(turn, start=max(turn.start, now))


def _why_misplaced(
    turn: Turn, served: set[Turn], *, start: datetime, end: datetime, now: datetime
) -> Mapping[str, str]:
    if turn.start >= turn.end:
        return {"en": "It ends before it begins.", "zh": "结束时间早于开始时间。"}
    if not start <= turn.start < end:
        return {"en": "It begins outside the period.", "zh": "开始时间不在该时段内。"}
    if turn.end <= now and turn not in served:
        return {"en": "It is over, and nobody served it so.", "zh": "该班次已结束，且与实际值班不符。"}
    return {}


def say_gaps(gaps: Sequence[Gap], *, desk: Mapping[str, str], body: Mapping[str, str], zone: str) -> dict[str, str]:
    """Which desk is empty when, in local time, and which body must fill it."""

    def times(language: str) -> list[str]:
        shown = [f"{say_time(gap.start, language, zone)}–{say_time(gap.end, language, zone)}" for gap in gaps]
        return shown[:GAPS_NAMED] + (["…"] if len(shown) > GAPS_NAMED else [])

    return {
        "en": f"Nobody answers first at {pick(desk, 'en')} for {'; '.join(times('en'))} ({zone})."
        f" {pick(body, 'en')} must fill it: its supervisor or duty officer.",
        "zh": f"{pick(desk, 'zh')}在以下时段无人值守：{'；'.join(times('zh'))}（{zone}）。"
        f"须由{pick(body, 'zh')}的主管或值班长安排人员。",
    }


def say_overlap(overlap: Overlap, *, zone: str) -> dict[str, str]:
    """Which turns clash, and when, in local time."""
    start, end = overlap.second.start, min(overlap.first.end, overlap.second.end)
    same_person = overlap.first.person_id == overlap.second.person_id
    why_en = "one person has two turns" if same_person else f"two people have rank {overlap.second.rank}"
    why_zh = "同一人被安排两班" if same_person else f"同一顺位{overlap.second.rank}安排了两人"
    return {
        "en": f"From {say_time(start, 'en', zone)} to {say_time(end, 'en', zone)} ({zone}), {why_en}.",
        "zh": f"{say_time(start, 'zh', zone)}至{say_time(end, 'zh', zone)}（{zone}），{why_zh}。",
    }
