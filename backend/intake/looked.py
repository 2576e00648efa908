"""Who looked at a report, as its resident reads it: when, in what role and why, and never by name (INV-7)."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from backend.incidents.models import Report
from backend.kernel.languages import say


class Look(Protocol):
    """One entry of the audit of reads."""

    @property
    def at(self) -> datetime:
        """When it was."""

    @property
    def relation(self) -> str:
        """How the reader was concerned."""

    @property
    def purpose(self) -> str:
        """What it was for; the relation where no purpose was said."""

    @property
    def of_photo(self) -> bool:
        """Whether a photo was looked at."""


def incidents_of(report: Report) -> list[UUID]:
    """Where a report could be read: in the incident that it belongs to, and in the one that was merged into it."""
    return [one for one in (report.incident_id, report.merged_from_id) if one]


def told(look: Look, language: str) -> dict[str, Any]:
    """One entry in the resident's words."""
    who = say(f"looked.who.{look.relation}", language)
    why = say(f"looked.why.{look.purpose}", language)
    what = "photo" if look.of_photo else "report"
    return {
        "at": look.at.isoformat(), "who": look.relation, "why": look.purpose, "what": what,
        "words": say(f"looked.{what}", language, who=who, why=why),
    }  # fmt: skip
