"""Where people decide otherwise than a rule did: re-graded, re-routed, declined. Often enough, and the rule may be wrong (C07).

What is counted is the rule that settled the grade or the lead of a report, not every rule that applied to it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.policy.cache import POLICY
from backend.policy.catalogue import default_catalogue

# Under it a count could point at single people; shares of a fifth and more are worth a look (our own thresholds).
HIDDEN_UNDER = 5
WRONG_FROM_PERCENT = 20
DECISIONS_MOST = 20_000
INCIDENTS_NAMED = 20
WAYS = ("regraded", "rerouted", "declined")

# Rooms above this one keep what people did, so their columns are read by name.
_DECIDED = text(
    """
    SELECT d.incident_id, i.number, d.result->>'category' AS category, d.result->>'grade_source' AS grade_source,
      (SELECT jsonb_agg(jsonb_build_array(s->>'rule', s->>'clause', (s->>'version')::int, s->>'layer'))
         FROM jsonb_array_elements(d.trace) s WHERE s->>'result' = 'applied') AS applied,
      EXISTS (SELECT FROM event e WHERE e.stream = 'incident:' || d.incident_id AND e.type = 'IncidentRegraded')
        OR coalesce(t.grade <> substr(d.result->>'grade', 2)::int, false) AS regraded,
      coalesce(t.category <> d.result->>'category', false)
        OR EXISTS (SELECT FROM handover h WHERE h.incident_id = d.incident_id AND h.state = 'accepted') AS rerouted,
      EXISTS (SELECT FROM offer o WHERE o.incident_id = d.incident_id AND o.part = 'lead' AND o.state = 'declined')
        AS declined
    FROM decision d JOIN incident i ON i.id = d.incident_id
    LEFT JOIN LATERAL (
      SELECT (t.decided->>'grade')::int AS grade, t.decided->>'category' AS category FROM triage t
      WHERE t.incident_id = d.incident_id ORDER BY t.seq DESC LIMIT 1
    ) t ON true
    WHERE d.kind = 'intake' AND d.at >= :since
      AND (CAST(:area AS bigint) IS NULL OR i.area_ids @> ARRAY[CAST(:area AS bigint)])
    ORDER BY d.at DESC, d.id DESC LIMIT :most
    """
)
Key = tuple[str, str, int, str]


@dataclass(slots=True)
class Tally:
    """How often a rule settled something, and how often people settled it otherwise."""

    decided: int = 0
    overridden: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    incidents: list[tuple[UUID, int]] = field(default_factory=list)

    def note(self, row: Any, ways: tuple[str, ...]) -> None:
        """Count one decision."""
        self.decided += 1
        found = [way for way in ways if getattr(row, way)]
        if found:
            self.overridden += 1
            self.ways.update(found)
            if len(self.incidents) < INCIDENTS_NAMED:
                self.incidents.append((row.incident_id, row.number))


def overrides(session: Session, *, since: datetime, area: int | None, with_incidents: bool) -> dict[str, Any]:
    """Rules by the share of their outcomes that people changed, the greatest first, among what the reader may see."""
    asked = {"since": since, "area": area, "most": DECISIONS_MOST}
    leading, tallies, considered = _leading(session), dict[Key, Tally](), 0
    for row in session.execute(_DECIDED.execution_options(yield_per=500), asked):
        considered += 1
        for key, ways in _settled_by(row, leading):
            tallies.setdefault(key, Tally()).note(row, ways)
    told = {key: one for key, one in tallies.items() if one.overridden >= HIDDEN_UNDER}
    items = [_say(key, one, with_incidents) for key, one in told.items()]
    items.sort(key=lambda one: (-one["share_percent"], one["rule"]))
    return {"considered": considered, "items": items, "hidden_under": HIDDEN_UNDER}


def _settled_by(row: Any, leading: frozenset[tuple[str, str]]) -> Iterator[tuple[Key, tuple[str, ...]]]:
    """The rules that settled the grade and the lead, with the ways in which people may have settled it otherwise."""
    applied: list[list[Any]] = row.applied or []
    source = {"category": row.category, "up_if": row.category}.get(row.grade_source, row.grade_source)
    if source not in {"suggested", "offer", "", None}:
        yield ("grade", *_who(source, f"{source}.grade", applied)), ("regraded",)
    leads = [step for step in applied if (step[0], step[1]) in leading]
    if leads:
        for rule, _, version, layer in leads:
            yield ("route", rule, version, layer), ("rerouted", "declined")
    elif row.category:
        yield ("route", *_who(row.category, "", applied)), ("rerouted", "declined")


def _who(rule: str, value: str, applied: list[list[Any]]) -> tuple[str, int, str]:
    """The rule, or the layer whose own value of it stood, with its version."""
    steps = [step for step in applied if step[0] == value] or [step for step in applied if step[0] == rule]
    return (rule, steps[0][2], steps[0][3]) if steps else (rule, 1, "Linli")


def _leading(session: Session) -> frozenset[tuple[str, str]]:
    layers = (default_catalogue().product, *POLICY.get(session).layers.values())
    rules = (rule for layer in layers for rule in layer.rules)
    return frozenset((rule.id, clause.id) for rule in rules for clause in rule.clauses if "lead" in clause.then)


def _say(key: Key, tally: Tally, with_incidents: bool) -> dict[str, Any]:
    kind, rule, version, layer = key
    share = round(100 * tally.overridden / tally.decided)
    counts: Mapping[str, int | None] = {
        way: tally.ways[way] if tally.ways[way] >= HIDDEN_UNDER else None for way in WAYS
    }
    named = [{"id": str(one), "number": number} for one, number in tally.incidents] if with_incidents else []
    return {
        "rule": rule, "version": version, "layer": layer, "kind": kind, "decided": tally.decided,
        "overridden": tally.overridden, "share_percent": share, "may_be_wrong": share >= WRONG_FROM_PERCENT,
        **counts, "incidents": named,
    }  # fmt: skip
