"""Who carries the work: what each body accepted along each route, its share, and whether others could (C14).

What is called a monopoly and what a single provider stands in ``rules.py``. A body's own duty desk that keeps what it
owns without an offer is not counted: nobody was asked.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.console.measures.period import Scope, seen_by_reader
from backend.console.measures.rules import Balance, balance_of, hide, share
from backend.console.measures.tables import Column, Row, Table
from backend.kernel.languages import LANGUAGES
from backend.organisations.directory import DIRECTORY, Directory

_LOAD = """
SELECT o.route, o.org_id, count(*) FILTER (WHERE o.state IN ('accepted', 'arrived', 'completed')) AS accepted,
  count(*) FILTER (WHERE o.state = 'declined') AS declined, count(*) FILTER (WHERE o.state = 'lapsed') AS lapsed,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM o.answered_at - o.offered_at)::float8) AS p50
FROM offer o WHERE o.part = 'lead' AND o.offered_at >= :since AND o.offered_at < :until
  AND o.incident_id IN (SELECT unnest(CAST(:ids AS uuid[])))
GROUP BY o.route, o.org_id ORDER BY o.route, accepted DESC, o.org_id
"""
_OPEN = """
SELECT i.owner_org_id AS org_id, count(*) AS open FROM incident i WHERE i.closed_at IS NULL AND i.exercise_id IS NULL
  AND i.area_ids @> ARRAY[CAST(:area AS bigint)] GROUP BY i.owner_org_id
"""
COUNTS = ("accepted", "declined", "lapsed", "open_now")
COLUMNS = (
    Column("route", "code"), Column("accepted", "count"), Column("share", "percent"), Column("balance", "code"),
    Column("declined", "count"), Column("lapsed", "count"), Column("answer_p50_s", "s"), Column("open_now", "count"),
    Column("others", "text"),
)  # fmt: skip
# What goes with a count when it is hidden.
_WITH: Mapping[str, tuple[str, ...]] = {"accepted": ("share", "balance", "answer_p50_s")}


def load(session: Session, scope: Scope, *, language: str, now: datetime) -> Table:
    """One row for each route and body; shares and what is hidden are of a route."""
    given = scope.given
    with seen_by_reader(session, scope, opened_in=False) as ids:
        asked = {"since": given["since"], "until": given["until"], "ids": ids}
        found = session.execute(text(_LOAD), asked).all()
    open_now = {row.org_id: row.open for row in session.execute(text(_OPEN), {"area": given["area"]})}
    directory = DIRECTORY.get(session)
    rows: list[Row] = []
    for route, group in groupby(found, key=lambda row: row.route):
        members = list(group)
        able = able_along(session, directory, route, scope.area, now=now)
        rows += _rows_of(members, able, directory, open_now, language)
    return Table(COLUMNS, rows)


def _rows_of(
    members: list[Any], able: frozenset[UUID], directory: Directory, open_now: Mapping[UUID, int], language: str
) -> list[Row]:
    of = sum(row.accepted for row in members)
    made = [_row(row, of, able - {row.org_id}, directory, open_now.get(row.org_id, 0), language) for row in members]
    for name in COUNTS:
        for at in hide([[row.cells[name]] for row in made]).rows:
            made[at].hidden = (*made[at].hidden, name, *_WITH.get(name, ()))
    for row in made:
        row.cells = {key: None if key in row.hidden else value for key, value in row.cells.items()}
    return made


def _row(row: Any, of: int, others: frozenset[UUID], directory: Directory, open_now: int, language: str) -> Row:
    balance = balance_of(accepted=row.accepted, of=of, others_able=len(others))
    named = sorted(_name(directory, one, language) for one in others) if balance is Balance.MONOPOLY else []
    label = {each: _name(directory, row.org_id, each) for each in LANGUAGES}
    cells = {
        "route": row.route, "accepted": row.accepted, "share": share(row.accepted, of), "balance": balance.value,
        "declined": row.declined, "lapsed": row.lapsed, "answer_p50_s": None if row.p50 is None else round(row.p50),
        "open_now": open_now, "others": ", ".join(named),
    }  # fmt: skip
    return Row(f"{row.route}:{row.org_id}", label, cells)


def _name(directory: Directory, org_id: UUID, language: str) -> str:
    body = directory.organisations.get(org_id)
    return body.names.get(language) or body.names.get("en", "") if body else ""


def able_along(
    session: Session, directory: Directory, route: str, area: int | None, *, now: datetime
) -> frozenset[UUID]:
    """The active bodies whose mandate for the route holds in the area: over it, in it, or everywhere."""
    index = AREAS.get(session)
    above = set(index.chain(area)) if area else set()

    def reaches(place: int | None) -> bool:
        return place is None or area is None or place in above or area in index.chain(place)

    return frozenset(
        mandate.org_id
        for mandate in directory.mandates
        if mandate.route == route and mandate.role in {"lead", "support"} and mandate.holds(now)
        and reaches(mandate.area_id) and directory.organisations[mandate.org_id].status == "active"
    )  # fmt: skip
