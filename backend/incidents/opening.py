"""Opening an incident: the rows that a report makes, for one statement together with all that follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from backend.incidents.models import Goal, Incident, IncidentClock, Link, Ownership
from backend.incidents.rules import Pace, nearest_due, plan_clocks
from backend.incidents.states import State
from backend.kernel.database import Base
from backend.kernel.ids import new_id
from backend.organisations.directory import Owner
from backend.organisations.hours import DAY_AND_NIGHT, ServiceHours
from backend.policy.clocks import Ladder

Rows = dict[Table, list[dict[str, Any]]]
EVERYWHERE = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place as incidents keep it: coordinates, their accuracy, the areas they lie in and a coarse cell."""

    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    cell: int | None = None
    chain: tuple[int, ...] = ()
    covers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """All that is known of an incident at its first second.

    ``hours`` are those that count for its grade at the place, in its local time.
    """

    incident_id: UUID
    kind: str
    category: str | None
    grade: int
    compartment: str
    spot: Spot
    owner: Owner
    state: State
    clocks_s: Mapping[str, float]
    goals: Sequence[Mapping[str, Any]]
    rule: str
    diverted: bool
    safe_mode: bool
    words: Sequence[int]
    party_org_ids: tuple[UUID, ...] = ()
    ladder: Ladder = field(default_factory=Ladder)
    hours: ServiceHours = DAY_AND_NIGHT


def table_of(model: type[Base]) -> Table:
    """The table of a model, for rows that are written without objects."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def opening_rows(opening: Opening, *, by_actor: str, now: datetime) -> Rows:
    """The incident, its first owner, its running clocks and its goals."""
    pace = Pace(opening.grade, opening.ladder, opening.hours)
    clocks = clock_rows(opening.incident_id, opening.clocks_s, pace, cycle=1, rule=opening.rule, now=now)
    return {
        table_of(Incident): [_incident_row(opening, due_at=nearest_due(row["due_at"] for row in clocks), now=now)],
        table_of(Ownership): [ownership_row(opening, by_actor=by_actor, now=now)],
        table_of(IncidentClock): clocks,
        table_of(Goal): goal_rows(opening.incident_id, opening.goals),
    }


def _incident_row(opening: Opening, *, due_at: datetime | None, now: datetime) -> dict[str, Any]:
    owner, spot = opening.owner, opening.spot
    return {
        "id": opening.incident_id, "state": opening.state, "phase": "respond", "grade": opening.grade,
        "category": opening.category, "kind": opening.kind, "compartment": opening.compartment,
        "lat": spot.lat, "lon": spot.lon, "accuracy_m": spot.accuracy_m, "cell": spot.cell,
        "area_id": spot.chain[-1] if spot.chain else None,
        # The chain from the top down comes first: responsibility follows it. Other divisions follow behind.
        "area_ids": list(dict.fromkeys((EVERYWHERE, *spot.chain, *spot.covers))),
        "opened_at": now, "acknowledged_at": None, "closed_at": None, "due_at": due_at,
        "due_since": now if due_at else None,
        "owner_org_id": owner.org_id, "owner_desk_id": owner.desk_id, "owner_person_id": owner.person_id,
        "party_org_ids": list(dict.fromkeys((owner.org_id, *opening.party_org_ids))),
        "parent_id": None, "prior_state": None, "outcome": None,
        "diverted": opening.diverted, "diversion_answered": not opening.diverted,
        "major": False, "major_level": None, "disputed": False, "duty_open": False, "safe_mode": opening.safe_mode, "exercise_id": None,
        "words": list(opening.words), "report_count": 1, "cycle": 1, "version": 1,
    }  # fmt: skip


def ownership_row(opening: Opening, *, by_actor: str, now: datetime) -> dict[str, Any]:
    """The first ownership, from the instant of opening on."""
    owner = opening.owner
    return {
        "id": new_id(), "incident_id": opening.incident_id, "org_id": owner.org_id, "desk_id": owner.desk_id,
        "person_id": owner.person_id, "during": f'["{now.isoformat()}",)', "by_act": "intake", "by_actor": by_actor,
    }  # fmt: skip


def due_by(rows: Rows, kind: str) -> datetime:
    """When a clock that an opening starts is due: what a resident may be told. Raises StopIteration without one."""
    due: datetime = next(row["due_at"] for row in rows[table_of(IncidentClock)] if row["kind"] == kind)
    return due


def clock_rows(
    incident_id: UUID, clocks_s: Mapping[str, float], pace: Pace, *, cycle: int, rule: str, now: datetime
) -> list[dict[str, Any]]:
    """Running clocks with the time of their first rung."""
    return [
        {
            "id": new_id(), "incident_id": incident_id, "kind": plan.kind, "grade": pace.grade, "cycle": cycle,
            "started_at": now, "due_at": plan.due_at, "state": "running", "ended_at": None,
            "rungs_s": list(plan.rungs_s), "rungs_fired": 0, "next_rung_at": plan.next_rung_at, "rule": rule,
        }
        for plan in plan_clocks(clocks_s, pace, now=now)
    ]  # fmt: skip


def goal_rows(incident_id: UUID, goals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Open goals from their templates (``key``, ``text`` in both languages, ``kind``)."""
    return [
        {
            "id": new_id(), "incident_id": incident_id, "key": goal["key"], "text": goal["text"],
            "kind": goal.get("kind", "control"), "state": "open", "disputed": False,
        }
        for goal in goals
    ]  # fmt: skip


def link_rows(
    incident_id: UUID, suggestions: Sequence[tuple[UUID, float, Mapping[str, Any]]], *, now: datetime
) -> list[dict[str, Any]]:
    """Suggested duplicates: other incident, confidence 0 to 1, reasons. A person confirms or rejects each."""
    return [
        {
            "id": new_id(), "incident_id": incident_id, "other_id": other, "kind": "duplicate", "state": "suggested",
            "confidence": confidence, "reasons": dict(reasons), "made_at": now,
        }
        for other, confidence, reasons in suggestions
    ]  # fmt: skip


def link_table() -> Table:
    """The table of links."""
    return table_of(Link)
