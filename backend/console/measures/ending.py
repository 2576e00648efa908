"""What came of it: how incidents that were opened in the period ended, by the label that a person gave at the close."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.console.measures.period import Scope, seen_by_reader
from backend.console.measures.rules import share
from backend.console.measures.tables import Column, Group, Row, Table, conceal
from backend.console.measures.times import words
from backend.incidents.schemas import OUTCOMES

_ENDS = text(
    """
    SELECT CASE WHEN i.state = 'closed' THEN coalesce(i.outcome, 'other')
      WHEN i.state = 'withdrawn' THEN 'withdrawn' ELSE 'open' END AS key, count(*) AS ended
    FROM (SELECT unnest(CAST(:ids AS uuid[])) AS id) of_period JOIN incident i ON i.id = of_period.id
    WHERE i.state <> 'merged' GROUP BY 1
    """
)
ENDS = (*OUTCOMES, "withdrawn", "open")
COLUMNS = (Column("ended", "count"), Column("share", "percent"))


def outcomes(session: Session, scope: Scope) -> Table:
    """How many ended how; those that are open or were taken back stand beside them, so that the whole is seen."""
    with seen_by_reader(session, scope, opened_in=True) as ids:
        found = {row.key: row.ended for row in session.execute(_ENDS, {"ids": ids})}
    whole = sum(found.values())
    rows = [
        Row(key, words(f"outcome.{key}"), {"ended": found[key], "share": share(found[key], whole)})
        for key in ENDS
        if key in found
    ]
    total = Row("total", words("total"), {"ended": whole, "share": share(whole, whole)})
    return conceal(Table(COLUMNS, rows, total), (Group(("ended",), ("share",)),))
