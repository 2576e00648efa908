"""How soon: from a report to its acknowledgement, first contact and close; and which promises were kept.

An incident counts in the period in which it was opened. Exercises count nowhere (INV-3); an incident that was merged
counts where it went. *In time* and *missed* come from the clocks of its first cycle: a clock is missed that was met late,
or whose time passed while it ran, stood or was stopped.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.console.measures.period import Scope, parent_of_rows, seen_by_reader
from backend.console.measures.rules import share
from backend.console.measures.tables import Column, Group, Row, Table, conceal
from backend.kernel.languages import LANGUAGES, say

OF: Mapping[str, tuple[str, str]] = {
    "acknowledge": ("acknowledge", "i.acknowledged_at - i.opened_at"),
    "contact": ("contact", "NULL::interval"),
    "close": ("resolve", "CASE WHEN i.state = 'closed' THEN i.closed_at - i.opened_at END"),
}
BY: Mapping[str, str] = {
    "area": "CASE WHEN array_position(i.area_ids, i.area_id) > array_position(i.area_ids, :parent)"
    " THEN i.area_ids[array_position(i.area_ids, :parent) + 1]::text ELSE 'none' END",
    "grade": "i.grade::text",
    "language": "coalesce(f.language, 'none')",
    "hour": "lpad(extract(hour FROM i.opened_at AT TIME ZONE :zone)::int::text, 2, '0')",
}
IDS = "(SELECT unnest(CAST(:ids AS uuid[])) AS id)"
# The language of an incident is that of its first report.
FIRST = """
LEFT JOIN (SELECT DISTINCT ON (r.incident_id) r.incident_id, r.language FROM report r
  WHERE r.incident_id IN (SELECT unnest(CAST(:ids AS uuid[]))) ORDER BY r.incident_id, r.received_at) f
  ON f.incident_id = i.id"""
_MISSED = "c.state = 'breached' OR (c.state <> 'met' AND c.due_at < coalesce(c.ended_at, CAST(:now AS timestamptz)))"
_TIMES = """
WITH seen AS MATERIALIZED (
  SELECT i.id, i.opened_at, {key} AS key, {took} AS took FROM {ids} of_period JOIN incident i ON i.id = of_period.id{first}
  WHERE i.state <> 'merged'
),
promised AS (
  SELECT c.incident_id, bool_or({missed}) AS missed, bool_or(c.state = 'met') AS met,
    min(c.ended_at) FILTER (WHERE c.state IN ('met', 'breached')) AS met_at
  FROM clock c JOIN seen ON seen.id = c.incident_id WHERE c.kind = :kind AND c.cycle = 1 GROUP BY c.incident_id
),
each AS (
  SELECT s.key, p.met, p.missed,
    extract(epoch FROM {since_opened})::float8 AS took_s
  FROM seen s LEFT JOIN promised p ON p.incident_id = s.id
)
SELECT key, grouping(key) = 1 AS is_total, count(took_s) AS counted,
  percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY took_s) AS points,
  count(*) FILTER (WHERE met AND NOT missed) AS in_time, count(*) FILTER (WHERE missed) AS missed
FROM each GROUP BY GROUPING SETS ((key), ()) ORDER BY is_total, key
"""
COLUMNS = (
    Column("counted", "count"), Column("p50_s", "s"), Column("p90_s", "s"), Column("in_time", "count"),
    Column("missed", "count"), Column("share", "percent"),
)  # fmt: skip
GROUPS = (Group(("counted",), ("p50_s", "p90_s")), Group(("in_time", "missed"), ("share",), also=True))


def times(session: Session, scope: Scope, *, of: str, by: str, now: datetime) -> Table:
    """How long it took until ``of`` (a key of OF), with one row for each value of ``by`` (a key of BY)."""
    kind, took = OF[of]
    since_opened = "p.met_at - s.opened_at" if of == "contact" else "s.took"
    statement = _TIMES.format(
        key=BY[by],
        took=took,
        ids=IDS,
        first=FIRST if by == "language" else "",
        missed=_MISSED,
        since_opened=since_opened,
    )
    given = scope.given | {"kind": kind, "now": now}
    if by == "area":
        given["parent"] = parent_of_rows(AREAS.get(session), scope.area)
    with seen_by_reader(session, scope, opened_in=True) as ids:
        used = {name: value for name, value in (given | {"ids": ids}).items() if f":{name}" in statement}
        found = session.execute(text(statement), used).all()
    rows = [Row(row.key, label_of(session, by, row.key), _cells(row)) for row in found if not row.is_total]
    (total,) = [Row("total", words("total"), _cells(row)) for row in found if row.is_total]
    return conceal(Table(COLUMNS, rows, total), GROUPS)


def _cells(row: Any) -> dict[str, Any]:
    p50, p90 = row.points or (None, None)
    return {
        "counted": row.counted, "p50_s": _whole(p50), "p90_s": _whole(p90), "in_time": row.in_time,
        "missed": row.missed, "share": share(row.in_time, row.in_time + row.missed),
    }  # fmt: skip


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def words(key: str) -> dict[str, str]:
    """A label of ours in every language."""
    return {language: say(f"measure.{key}", language) for language in LANGUAGES}


def label_of(session: Session, by: str, key: str) -> Mapping[str, str]:
    """What a row is called."""
    if by == "area":
        area = AREAS.get(session).area(int(key)) if key != "none" else None
        return dict(area.names) | {"en": area.names.get("en", area.name)} if area else words("elsewhere")
    if by == "grade":
        return dict.fromkeys(LANGUAGES, f"G{key}")
    if by == "hour":
        return dict.fromkeys(LANGUAGES, f"{key}:00")
    return words(f"language.{key}") if key in LANGUAGES else words("language.none")


_CLOCKS = f"""
SELECT c.kind AS key, count(*) FILTER (WHERE c.state = 'met') AS kept, count(*) FILTER (WHERE {_MISSED}) AS missed,
  count(*) FILTER (WHERE c.state IN ('running', 'paused') AND c.due_at >= CAST(:now AS timestamptz)) AS running
FROM {IDS} of_period JOIN incident i ON i.id = of_period.id JOIN clock c ON c.incident_id = i.id
WHERE i.state <> 'merged' GROUP BY c.kind ORDER BY c.kind
"""  # noqa: S608 - parts of ours


def clocks(session: Session, scope: Scope, *, now: datetime) -> Table:
    """Promises by kind: kept, missed, and those whose time has not come."""
    with seen_by_reader(session, scope, opened_in=True) as ids:
        found = session.execute(text(_CLOCKS), {"ids": ids, "now": now}).all()
    names = ("kept", "missed", "running")
    rows = [
        Row(row.key, words(f"clock.{row.key}"), {name: getattr(row, name) for name in names}
            | {"share": share(row.kept, row.kept + row.missed)})
        for row in found
    ]  # fmt: skip
    sums = {name: sum(row.cells[name] for row in rows) for name in names}
    total = Row("total", words("total"), sums | {"share": share(sums["kept"], sums["kept"] + sums["missed"])})
    columns = (*(Column(name, "count") for name in names), Column("share", "percent"))
    return conceal(Table(columns, rows, total), (Group(("kept", "missed"), ("share",)), Group(("running",))))
