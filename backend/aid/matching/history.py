"""What happened before between those who ask and those who offer: how often somebody was asked, who has met, who helped.

Counted over all, whoever looks; the caller widens the view (``seeing_all``) and shows none of it.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def helper_of(row: Any) -> Any:
    """Who helps, as far as several offers can be told to be of the same: a person, an address, else the report alone.

    What a body offers is counted by itself: other hands carry each.
    """
    if row.organisation_id:
        return row.report_id
    return row.person_id or (bytes(row.source) if row.source else row.report_id)


_ASKED = text(
    "SELECT l.organisation_id, l.person_id, r.source, m.offer_report_id AS report_id, count(*) FILTER (WHERE m.answered_at > :day) AS day,"
    " count(*) AS week FROM aid_match m JOIN report r ON r.id = m.offer_report_id"
    " JOIN aid_listing l ON l.report_id = m.offer_report_id"
    " WHERE m.answered_at > :week AND m.state NOT IN ('failed', 'cancelled')"
    " AND (m.offer_report_id = ANY(CAST(:reports AS uuid[])) OR r.source = ANY(CAST(:sources AS bytea[]))"
    " OR l.person_id = ANY(CAST(:people AS uuid[]))) GROUP BY 1, 2, 3, 4"
)


def asked_of(session: Session, offers: Sequence[Any], *, now: datetime) -> dict[Any, Counter[str]]:
    """How often each helper was asked or has helped within a day and a week (R15); what came to nothing is not counted."""
    if not offers:
        return {}
    params = {
        "day": now - DAY, "week": now - WEEK, "reports": [row.report_id for row in offers],
        "sources": [bytes(row.source) for row in offers if row.source],
        "people": [row.person_id for row in offers if row.person_id],
    }  # fmt: skip
    found: dict[Any, Counter[str]] = defaultdict(Counter)
    for row in session.execute(_ASKED, params):
        found[helper_of(row)].update({"day": row.day, "week": row.week})
    return found


_PROVED = text(
    "SELECT person_id, type FROM credential WHERE person_id = ANY(CAST(:people AS uuid[]))"
    " AND state = 'active' AND level = 'qualified' AND valid_to > :now"
)


def proved_of(session: Session, people: Collection[UUID], *, now: datetime) -> dict[UUID, frozenset[str]]:
    """The credentials that hold at this moment (R18)."""
    found: dict[UUID, set[str]] = defaultdict(set)
    if people:
        for row in session.execute(_PROVED, {"people": list(people), "now": now}):
            found[row.person_id].add(row.type)
    return {person: frozenset(types) for person, types in found.items()}


_MET = text(
    "SELECT request_report_id, offer_report_id FROM aid_match"
    " WHERE request_report_id = ANY(CAST(:requests AS uuid[])) AND offer_report_id = ANY(CAST(:offers AS uuid[]))"
)
_KNEW = text(
    "SELECT q.source AS asked, o.source AS offered, bool_or(m.worried IS NOT NULL) AS worried FROM aid_match m"
    " JOIN report q ON q.id = m.request_report_id JOIN report o ON o.id = m.offer_report_id"
    " WHERE (m.worried IS NOT NULL OR m.state = 'done')"
    " AND q.source = ANY(CAST(:asked AS bytea[])) AND o.source = ANY(CAST(:offered AS bytea[])) GROUP BY 1, 2"
)


def met_by(session: Session, wanted: Sequence[Any], offered: Sequence[Any]) -> dict[UUID, set[UUID]]:
    """By report of a request the listings of offers that it has met."""
    by_report = {one.report_id: one.id for one in offered}
    found: dict[UUID, set[UUID]] = defaultdict(set)
    params = {"requests": [one.report_id for one in wanted], "offers": list(by_report)}
    for row in session.execute(_MET, params) if wanted and offered else ():
        found[row.request_report_id].add(by_report[row.offer_report_id])
    return found


@dataclass(frozen=True, slots=True)
class Knew:
    """By address of who asks: addresses that a worry stood before, and those that helped."""

    worried: Mapping[bytes | None, set[bytes]]
    helped: Mapping[bytes | None, set[bytes]]


def knew_by(session: Session, wanted: Sequence[Any], offered: Sequence[Any]) -> Knew:
    """What stood between the people of some requests and of some offers, whatever reports they wrote then."""
    asked, given = ([bytes(one.source) for one in side if one.source] for side in (wanted, offered))
    worried: dict[bytes | None, set[bytes]] = defaultdict(set)
    helped: dict[bytes | None, set[bytes]] = defaultdict(set)
    for row in session.execute(_KNEW, {"asked": asked, "offered": given}) if asked and given else ():
        (worried if row.worried else helped)[bytes(row.asked)].add(bytes(row.offered))
    return Knew(worried, helped)
