"""Pure rules of who may help with what: credentials, children, pairs in homes (R17, R18, R19, INV-12).

Nothing here knows a database, a clock or a framework.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.aid.rules import Barred

# The credential without which nobody helps, by the risk class of what is needed. At the door and outdoors none is.
CREDENTIAL: Mapping[str, str] = {
    "in_home": "in_home", "care": "care", "child": "child_safeguarding", "money": "money",
}  # fmt: skip
# In these two come together, one of them known to the desk (R17).
IN_PAIRS = frozenset({"in_home", "care", "child"})
PAIR = 2

NOT_CHECKED = Barred(
    "not_checked",
    "For this kind of help the helper has to be checked first. A coordinator looks for somebody.",
    "此类帮助须由通过审核的人提供。协调员会另找人选。",
)
WITH_A_PERSON = Barred(
    "with_a_person",
    "A coordinator looks after this one now. It is not arranged between neighbours.",
    "此事现由协调员负责，不再由邻居之间自行安排。",
)


@dataclass(frozen=True, slots=True)
class Need:
    """What of a request decides who may help. ``is_fit``: neighbours may find each other over it by themselves."""

    risk: str | None
    has_child: bool
    is_fit: bool


def credentials_for(need: Need) -> frozenset[str]:
    """The credentials that whoever helps has to hold; with a child always that of child safeguarding (INV-12)."""
    child = {CREDENTIAL["child"]} if need.has_child else set()
    return frozenset(child | {CREDENTIAL[one] for one in [need.risk or ""] if one in CREDENTIAL})


def barred(need: Need, *, held: frozenset[str], proposed: bool) -> Barred | None:
    """Why the two may not be brought together, None when they may. ``held``: the helper's current credentials.

    ``proposed``: a trained coordinator brings them together. Without one only what fits the board is arranged.
    """
    if not proposed and not need.is_fit:
        return WITH_A_PERSON
    return None if credentials_for(need) <= held else NOT_CHECKED


def helpers_needed(need: Need) -> int:
    """How many have to say yes before any of them is told where it is."""
    return PAIR if need.has_child or need.risk in IN_PAIRS else 1


def advice_for(risk: str | None) -> tuple[str, ...]:
    """What both sides are told for their first meeting, as codes with words in ``texts/aid.yaml``."""
    first = ("money", "meet", "stop")
    return (*first, "pair") if risk in IN_PAIRS else first
