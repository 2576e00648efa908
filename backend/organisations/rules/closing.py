"""What hangs on a desk, and which other desk may take it over when it closes (C13)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

# Where reports of an area arrive; a body's own desk is reached by offers.
RECEIVES = frozenset({"duty", "buck_stops"})


class Part(StrEnum):
    """What a desk does that somebody has to go on doing."""

    LAST_DESK = "last_desk"
    ONLY_DESK = "only_desk"
    ONLY_OF_BODY = "only_of_body"


WORDS = {
    Part.LAST_DESK: {
        "en": "It is the last desk of its area: the ladder ends here, and what nobody takes becomes its own.",
        "zh": "它是本区域的兜底值班席：逐级升级在此结束，无人接手的事件归它。",
    },
    Part.ONLY_DESK: {
        "en": "It is the only desk of its area: reports from there arrive here first.",
        "zh": "它是本区域唯一的值班席：该处的报告首先到达这里。",
    },
    Part.ONLY_OF_BODY: {
        "en": "It is the only desk of an organisation with a mandate: offers and rungs of the ladder reach it here alone. "
        "Open another desk of the organisation first, or end its mandates.",
        "zh": "它是一个有授权的组织唯一的值班席：派单和逐级升级只能到达这里。请先开设该组织的另一值班席，或终止其授权。",
    },
}


@dataclass(frozen=True, slots=True)
class OpenDesk:
    """A desk as this rule sees it."""

    id: UUID
    org_id: UUID
    area_id: int | None
    kind: str


def parts_of(desk: OpenDesk, others: Sequence[OpenDesk], *, has_mandate: bool) -> tuple[Part, ...]:
    """What hangs on ``desk`` alone. ``others``: every other open desk; ``has_mandate``: of its body, in force."""
    found = []
    if desk.kind == "buck_stops":
        found.append(Part.LAST_DESK)
    beside = [one for one in others if one.area_id == desk.area_id and one.kind in RECEIVES]
    if desk.kind == "duty" and desk.area_id is not None and not beside:
        found.append(Part.ONLY_DESK)
    if has_mandate and not any(one.org_id == desk.org_id for one in others):
        found.append(Part.ONLY_OF_BODY)
    return tuple(found)


def can_succeed(other: OpenDesk, desk: OpenDesk, parts: Collection[Part], *, above: Collection[int]) -> bool:
    """Whether ``other`` can go on with what hangs on ``desk``. ``above``: the desk's area and those over it.

    A last desk is followed by one of its own area, which becomes the last desk, or by the last desk of a wider area.
    """
    if Part.ONLY_OF_BODY in parts or other.kind not in RECEIVES:
        return False
    if Part.LAST_DESK in parts and other.kind != "buck_stops":
        return other.area_id == desk.area_id
    return other.area_id is None or other.area_id in above
