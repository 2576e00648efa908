"""Gaps and overlaps of the matrix of rights and obligations, named in words (C02). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from backend.kernel.languages import LANGUAGES, pick, say


class Verdict(StrEnum):
    """What is to be said of a cell."""

    FINE = "fine"
    GAP = "gap"
    OVERLAP = "overlap"
    NO_DEPUTY = "no_deputy"
    DESK = "desk"


@dataclass(frozen=True, slots=True)
class Holder:
    """A body with a mandate in force that counts for a cell, the nearest first; ``is_own``: given for this very area."""

    mandate_id: UUID
    organisation_id: UUID
    names: Mapping[str, str]
    role: str
    area_id: int | None
    category: str | None
    has_deputy: bool
    has_desk: bool
    is_own: bool

    @property
    def nearness(self) -> tuple[int | None, bool]:
        """How specific it is: two leads with the same are both meant, and only one is asked first."""
        return self.area_id, self.category is not None


def verdict_of(holders: Sequence[Holder], *, route: str) -> Verdict:
    """What is to be said of the holders of one category, area and phase.

    Routes without a body of their own (the desk, neighbours who match themselves) need no lead.
    """
    leads = [one for one in holders if one.role == "lead"]
    if not leads:
        return Verdict.DESK if route in {"DESK", "SELF", "V"} else Verdict.GAP
    if not any(one.has_desk for one in leads):
        return Verdict.GAP
    rivals = {one.organisation_id for one in leads if one.nearness == leads[0].nearness}
    if len(rivals) > 1:
        return Verdict.OVERLAP
    return Verdict.FINE if leads[0].has_deputy else Verdict.NO_DEPUTY


def words_of(
    verdict: Verdict, holders: Sequence[Holder], *, category: Mapping[str, str], area: Mapping[str, str]
) -> dict[str, str]:
    """The verdict in every language; empty for a cell that is fine."""
    if verdict is Verdict.FINE:
        return {}
    leads = [one for one in holders if one.role == "lead"]
    key = "no_desk" if verdict is Verdict.GAP and leads else verdict.value
    rivals = [one for one in leads if one.nearness == leads[0].nearness] if leads else []

    def said(language: str) -> str:
        names = dict.fromkeys(pick(one.names, language) for one in rivals)
        bodies = ("、" if language == "zh" else ", ").join(names)
        first = next(iter(names), "")
        return say(
            f"matrix.{key}", language, category=pick(category, language), area=pick(area, language), bodies=bodies,
            first=first,
        )  # fmt: skip

    return {language: said(language) for language in LANGUAGES}
