"""Whether some wait longer than others: each area's or language's time against that of all, at the same grade (C57).

Places differ in what happens there, so a group's times are not laid beside those of all as they are: each incident is
compared with the median of all incidents of its grade. Half of a group's incidents would then lie above it, if the group
waited as long as the others. A gap is a question to people, and says nothing of its cause.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.console.measures.period import Scope, parent_of_rows, seen_by_reader
from backend.console.measures.rules import gap_of
from backend.console.measures.tables import Column, Group, Row, Table, conceal
from backend.console.measures.times import BY, FIRST, IDS, OF, label_of, words

GROUPED = ("area", "language")
_GAPS = """
WITH seen AS MATERIALIZED (
  SELECT i.id, i.grade, {key} AS key, extract(epoch FROM {took})::float8 AS took_s
  FROM {ids} of_period JOIN incident i ON i.id = of_period.id{first}
  WHERE i.state <> 'merged'
),
timed AS (SELECT * FROM seen WHERE took_s IS NOT NULL),
of_all AS (
  SELECT grade, percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s) AS p50 FROM timed GROUP BY grade
),
each AS (SELECT t.key, t.took_s, a.p50, t.took_s / nullif(a.p50, 0) AS ratio FROM timed t JOIN of_all a USING (grade))
SELECT key, grouping(key) = 1 AS is_total, count(*) AS counted,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s) AS p50, percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio) AS ratio,
  count(*) FILTER (WHERE took_s > p50) AS above, count(*) FILTER (WHERE took_s < p50) AS below
FROM each GROUP BY GROUPING SETS ((key), ()) ORDER BY is_total, key
"""
_CONTACT = (
    "(SELECT min(c.ended_at) FROM clock c WHERE c.incident_id = i.id AND c.kind = 'contact' AND c.cycle = 1"
    " AND c.state IN ('met', 'breached')) - i.opened_at"
)
COLUMNS = (
    Column("counted", "count"), Column("p50_s", "s"), Column("of_all", "percent"), Column("gap", "code"),
)  # fmt: skip


def fairness(session: Session, scope: Scope, *, of: str, by: str, now: datetime) -> Table:
    """Each group's time until ``of`` against that of all; ``by`` is "language", else it is by area."""
    grouped = by if by in GROUPED else "area"
    took = _CONTACT if of == "contact" else OF[of][1]
    statement = _GAPS.format(key=BY[grouped], took=took, ids=IDS, first=FIRST if grouped == "language" else "")
    given = {"parent": parent_of_rows(AREAS.get(session), scope.area)} if grouped == "area" else {}
    with seen_by_reader(session, scope, opened_in=True) as ids:
        found = session.execute(text(statement), given | {"ids": ids}).all()
    rows, totals = [], []
    for row in found:
        ratio = None if row.ratio is None else round(100 * row.ratio)
        gap = None if row.is_total else gap_of(above=row.above, below=row.below, ratio=row.ratio).value
        cells = {
            "counted": row.counted, "p50_s": None if row.p50 is None else round(row.p50), "of_all": ratio, "gap": gap,
        }  # fmt: skip
        if row.is_total:
            totals.append(Row("total", words("total"), cells))
        else:
            rows.append(Row(row.key, label_of(session, grouped, row.key), cells))
    table = Table(COLUMNS, rows, totals[0] if totals and totals[0].cells["counted"] else None)
    return conceal(table, (Group(("counted",), ("p50_s", "of_all", "gap")),))
