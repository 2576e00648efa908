"""What was said twice, and what reached whom: duplicates, and deliveries by channel and outcome."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.console.measures.period import Scope, seen_by_reader
from backend.console.measures.rules import is_small, share
from backend.console.measures.tables import Column, Group, Row, Table, conceal
from backend.console.measures.times import words

_IDS = "(SELECT unnest(CAST(:ids AS uuid[])))"
_DUPLICATES = f"""
WITH linked AS (
  SELECT l.state FROM link l WHERE l.kind = 'duplicate' AND l.made_at >= :since AND l.made_at < :until
    AND l.incident_id IN {_IDS} AND l.other_id IN {_IDS}
), sent AS (
  SELECT count(*) AS reports, count(DISTINCT r.incident_id) AS incidents
  FROM report r WHERE r.received_at >= :since AND r.received_at < :until AND r.incident_id IN {_IDS}
)
SELECT (SELECT count(*) FROM linked) AS linked, (SELECT count(*) FROM linked WHERE state = 'suggested') AS suggested,
  (SELECT count(*) FROM linked WHERE state = 'confirmed') AS confirmed,
  (SELECT count(*) FROM linked WHERE state = 'rejected') AS rejected, reports, incidents FROM sent
"""  # noqa: S608 - parts of ours
_DELIVERIES = f"""
SELECT d.channel AS key, count(*) FILTER (WHERE d.state IN ('handed_over', 'delivered', 'seen')) AS sent,
  count(*) FILTER (WHERE d.state = 'seen') AS seen, count(*) FILTER (WHERE d.state IN ('waiting', 'held')) AS waiting,
  count(*) FILTER (WHERE d.state = 'failed') AS failed, count(*) FILTER (WHERE d.state = 'not_sent') AS not_sent,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM d.handed_over_at - d.created_at)::float8) AS p50
FROM delivery d WHERE d.created_at >= :since AND d.created_at < :until AND d.incident_id IN {_IDS} GROUP BY d.channel ORDER BY d.channel
"""  # noqa: S608 - parts of ours
PAIRS = ("suggested", "confirmed", "rejected")
STATES = ("sent", "seen", "waiting", "failed", "not_sent")


def _found(session: Session, statement: str, scope: Scope) -> list[Any]:
    with seen_by_reader(session, scope, opened_in=False) as ids:
        given = {"since": scope.given["since"], "until": scope.given["until"], "ids": ids}
        return list(session.execute(text(statement), given))


def duplicates(session: Session, scope: Scope) -> Table:
    """Pairs of incidents that may be one: suggested, confirmed, rejected; the total is all pairs."""
    (found,) = _found(session, _DUPLICATES, scope)
    rows = [
        Row(
            name,
            words(f"pair.{name}"),
            {"pairs": getattr(found, name), "share": share(getattr(found, name), found.linked)},
        )
        for name in PAIRS
    ]
    total = Row("total", words("total"), {"pairs": found.linked, "share": share(found.linked, found.linked)})
    table = conceal(
        Table((Column("pairs", "count"), Column("share", "percent")), rows, total), [Group(("pairs",), ("share",))]
    )
    joined = found.reports - found.incidents
    small = is_small(found.reports) or is_small(joined) or is_small(found.incidents)
    cells: dict[str, Any] = {
        "pairs": None if small else joined,
        "share": None if small else share(joined, found.reports),
    }
    table.rows.append(Row("joined", words("pair.joined"), cells, ("pairs", "share") if small else ()))
    return table


def deliveries(session: Session, scope: Scope) -> Table:
    """Messages about incidents by channel: how many left, were seen, wait, failed, or were not sent for a reason."""
    found = _found(session, _DELIVERIES, scope)
    rows = [
        Row(row.key, words(f"channel.{row.key}"), {name: getattr(row, name) for name in STATES}
            | {"p50_s": None if row.p50 is None else round(row.p50)})
        for row in found
    ]  # fmt: skip
    total = Row(
        "total", words("total"), {name: sum(row.cells[name] for row in rows) for name in STATES} | {"p50_s": None}
    )
    columns = (*(Column(name, "count") for name in STATES), Column("p50_s", "s"))
    groups = [Group(("sent",), ("p50_s",)), *(Group((name,)) for name in STATES[1:])]
    return conceal(Table(columns, rows, total), groups)
