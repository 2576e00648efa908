"""A decision about a report: what, from what, by which rules, and how a person reviews it (INV-14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from backend.organisations.hours import Hours
from backend.policy.categories import Goal
from backend.policy.clocks import Rungs, Terms
from backend.policy.facts import Facts
from backend.policy.files import Words
from backend.policy.ruleset import Step


@dataclass(frozen=True, slots=True)
class Police:
    """Never allowed by itself: a named person checks the letters of R06 first (INV-4).

    ``role``: ``lead`` where the taxonomy names police first, ``parallel``, ``standby`` (out of sight, R07) or
    ``""`` when no letter is in sight.
    """

    letters: tuple[str, ...]
    role: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON; ``allowed`` is always false here, for only a person can make it true."""
        return {
            "allowed": False,
            "needs_named_person": True,
            "letters": list(self.letters),
            "role": self.role,
        }


@dataclass(frozen=True, slots=True)
class Emergency:
    """The number to show before anything else (INV-13), others beside it, and short advice."""

    number: str
    service: str
    numbers: tuple[tuple[str, str], ...]
    text: str | None
    silent: Words | None
    advice: Words

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        numbers = [{"service": service, "number": number} for service, number in self.numbers]
        silent = dict(self.silent) if self.silent else None
        return {
            "number": self.number, "service": self.service, "numbers": numbers, "text": self.text,
            "silent": silent, "advice": dict(self.advice),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Volunteers:
    """Whether volunteers may be asked (R16), and how (R15). Radius in metres, waits in seconds."""

    allowed: bool
    wave_sizes: tuple[int, ...]
    radius_m: int
    waits_s: tuple[int, ...]
    cap_incident: int
    cap_day: int
    cap_week: int
    night_opt_in: bool
    team: int

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "allowed": self.allowed, "wave_sizes": list(self.wave_sizes), "radius_m": self.radius_m,
            "waits_s": list(self.waits_s), "cap_incident": self.cap_incident, "cap_day": self.cap_day,
            "cap_week": self.cap_week, "night_opt_in": self.night_opt_in, "team": self.team,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours in which only what is for life and safety goes out (R14); ``now`` is true inside them."""

    start: int
    end: int
    opt_in: bool
    now: bool

    @property
    def hours(self) -> Hours:
        """The part of each day that they are."""
        return Hours(time(self.start), time(self.end))

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"start": self.start, "end": self.end, "opt_in": self.opt_in, "now": self.now}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules of a place make of one report. Nothing in it is a person's word or name.

    ``clocks``: seconds from the report: acknowledge, contact, action, update, resolve; ``hard_limits`` those
    that need notice to pass. ``terms`` say by which hours they count, and how the ladder follows.
    ``attend_within_s`` is the target for someone to be there; where ``attend_external`` it is another service's
    own promise, measured and never claimed.
    """

    facts: Facts
    decided_at: datetime
    rules_version: str
    category: str
    reported_category: str
    grade: str
    grade_source: str
    auto_triage: bool
    divert: bool
    emergency: Emergency | None
    safe_mode: bool
    private: bool
    duty: bool
    stay_in_contact: bool
    compartment: str
    lead: str
    parallel: tuple[str, ...]
    fallback: tuple[str, ...]
    owner: str
    police: Police
    clocks: Mapping[str, int]
    hard_limits: Mapping[str, int]
    attend_within_s: int | None
    attend_external: bool
    terms: Terms
    ladder: tuple[Rungs, ...]
    goals: tuple[Goal, ...]
    volunteers: Volunteers
    quiet_hours: QuietHours
    needs: tuple[str, ...]
    forbids: tuple[str, ...]
    offers: tuple[str, ...]
    reviews: tuple[str, ...]
    notices: tuple[str, ...]
    close_needs: tuple[str, ...]
    refusal: str
    human_review: str
    trace: tuple[Step, ...]
    failures: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """The whole decision as JSON, with its inputs and its trace."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        steps = {name: [step.as_dict() for step in getattr(self, name)] for name in ("trace", "failures")}
        return plain | lists | steps | {
            "inputs": self.facts.as_dict(),
            "decided_at": self.decided_at.isoformat(),
            "emergency": self.emergency.as_dict() if self.emergency else None,
            "police": self.police.as_dict(),
            "clocks": dict(self.clocks),
            "hard_limits": dict(self.hard_limits),
            "ladder": [{"rung": rung.number, "key": rung.key, "due_s": rung.due_s} for rung in self.ladder],
            "goals": [{"key": goal.key, "kind": goal.kind, **goal.text} for goal in self.goals],
            "volunteers": self.volunteers.as_dict(),
            "quiet_hours": self.quiet_hours.as_dict(),
            "service_hours_only": not self.terms.hours.is_always,
            "service_hours": _service_hours(self.terms),
            "max_waiting_s": self.terms.max_waiting_s,
        }  # fmt: skip


def _service_hours(terms: Terms) -> dict[str, Any] | None:
    hours = terms.hours
    if hours.is_always:
        return None
    start, end = (at.isoformat("minutes") for at in (hours.start, hours.end))
    return {"days": sorted(hours.days), "start": start, "end": end}


_PLAIN = (
    "rules_version", "category", "reported_category", "grade", "grade_source", "auto_triage", "divert",
    "safe_mode", "private", "duty", "stay_in_contact", "compartment", "lead", "owner", "attend_within_s",
    "attend_external", "refusal", "human_review",
)  # fmt: skip
_LISTS = ("parallel", "fallback", "needs", "forbids", "offers", "reviews", "notices", "close_needs")
