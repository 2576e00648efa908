"""Openings as people read them: who, which incident, why, how long, and what became of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, text, tuple_
from sqlalchemy.orm import Session

from backend.kernel.database import seeing_all
from backend.kernel.names import names_of
from backend.kernel.pages import decode_cursor, encode_cursor, moment
from backend.kernel.sealed import Keyring, Seal, Unreadable, seals_of
from backend.trust.glass.actions import count_waiting
from backend.trust.glass.models import BrokenGlass
from backend.trust.glass.rules import OVER, Glass, allowed_steps

# How often somebody looked at an incident while it was open to them. Numbers of incidents are no secret to those who
# may read the opening, also where the incident itself is out of their sight again.
_AROUND = text(
    """
    SELECT g.id, i.number, (
      SELECT count(*) FROM event e WHERE e.type = 'IncidentRead' AND e.actor = 'person:' || g.person_id
        AND e.stream = 'reads:' || g.incident_id AND e.at BETWEEN g.opened_at AND coalesce(g.ended_at, g.expires_at)
    ) AS looks
    FROM broken_glass g JOIN incident i ON i.id = g.incident_id WHERE g.id = ANY(:ids)
    """
)
_STATES = {"open": (Glass.OPEN,), "waiting": tuple(OVER), "reviewed": (Glass.JUSTIFIED, Glass.NOT_JUSTIFIED)}
PLAIN = (
    "id", "incident_id", "person_id", "state", "opened_at", "expires_at", "ended_at", "reviewed_by", "reviewed_at",
)  # fmt: skip


def list_openings(
    session: Session, ring: Keyring, *, reader: UUID, state: str | None, own: bool, cursor: str | None, limit: int,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """A page of the openings that the reader may see (``own``: made), the latest first."""
    query = _narrowed(select(BrokenGlass), state, now)
    if own:
        query = query.where(BrokenGlass.person_id == reader)
    if after := decode_cursor(cursor, 2, (moment, UUID)):
        query = query.where(tuple_(BrokenGlass.opened_at, BrokenGlass.id) < tuple(after))
    newest = query.order_by(BrokenGlass.opened_at.desc(), BrokenGlass.id.desc())
    rows = session.scalars(newest.limit(limit + 1)).all()
    page = rows[:limit]
    following = encode_cursor((page[-1].opened_at, page[-1].id)) if len(rows) > limit else None
    items = say_openings(session, ring, page, reader=reader, now=now)
    return {"items": items, "next_cursor": following, "waiting": count_waiting(session)}


def _narrowed(query: Select[Any], state: str | None, now: datetime) -> Select[Any]:
    """By what is true now: an opening is over by its time, also before a sweep notes it."""
    if state is None:
        return query
    is_late = (BrokenGlass.state == Glass.OPEN) & (BrokenGlass.expires_at <= now)
    wanted = BrokenGlass.state.in_(_STATES[state])
    if state == "open":
        return query.where(wanted, ~is_late)
    return query.where(wanted | is_late) if state == "waiting" else query.where(wanted)


def say_openings(
    session: Session, ring: Keyring, rows: Sequence[BrokenGlass], *, reader: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Openings with names, numbers and words, in a constant number of statements."""
    people = {row.person_id for row in rows} | {row.reviewed_by for row in rows if row.reviewed_by}
    names = names_of(session, ring, people)
    seals = seals_of(session, ring, [row.id for row in rows])
    with seeing_all(session):
        around = {found.id: found for found in session.execute(_AROUND, {"ids": [row.id for row in rows]})}
    return [
        {name: getattr(row, name) for name in PLAIN}
        | {
            "state": state_at(row, now), "allowed": [step.value for step in allowed_steps(state_at(row, now))],
            "number": around[row.id].number, "looks": around[row.id].looks, "is_mine": row.person_id == reader,
            "person": names.get(row.person_id), "reviewer": names.get(row.reviewed_by) if row.reviewed_by else None,
            "reason": _words(seals.get(row.id), "reason", row.reason),
            "review_note": _words(seals.get(row.id), "review_note", row.review_note),
        }
        for row in rows
    ]  # fmt: skip


def state_at(row: BrokenGlass, now: datetime) -> Glass:
    """The state that time has made of it, also before a sweep notes that."""
    return Glass.EXPIRED if row.state == Glass.OPEN and row.expires_at <= now else Glass(row.state)


def _words(seal: Seal | None, name: str, value: bytes | None) -> str | None:
    if seal is None or value is None:
        return None
    try:
        return str(seal.open(name, value))
    except Unreadable:
        return None


def openings_of(session: Session, incident_id: UUID) -> list[dict[str, Any]]:
    """The openings of an incident, for those who look at it: who, when and how far; the reason stands in the review."""
    query = select(BrokenGlass).where(BrokenGlass.incident_id == incident_id).order_by(BrokenGlass.opened_at)
    return [{name: getattr(row, name) for name in PLAIN} for row in session.scalars(query)]
