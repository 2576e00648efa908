"""Opening an incident that one may not see, ending that, and saying whether it was right.

The database shows what is opened (``linli.opened``, set with every transaction from the openings that hold at that
moment), so an opening is over with the first request after its time, whether or not a sweep has noted it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from backend.kernel.database import insert_all, seeing_all
from backend.kernel.ids import new_id
from backend.kernel.journal import Fact, incident_stream, record
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring, Seal, record_key_table, seal_of
from backend.kernel.sweeps import one_by_one
from backend.trust.access import Me
from backend.trust.glass.models import BrokenGlass
from backend.trust.glass.refusals import (
    AlreadySeen,
    NoSuchOpening,
    NothingToOpen,
    NotInThisState,
    NotYours,
    OwnReview,
    TooManyOpened,
)
from backend.trust.glass.rules import LASTS, OPEN_MOST, OVER, REVIEW_WITHIN, Glass, Step, after, allowed_steps

_SEEN = text("SELECT EXISTS (SELECT FROM incident WHERE id = :id)")
_LOCKED = text(
    "SELECT id, number, grade, compartment, area_ids, owner_org_id, owner_desk_id, owner_person_id FROM incident"
    " WHERE id = :id FOR UPDATE"
)
_BY_NUMBER = text("SELECT id FROM incident WHERE number = :number")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('glass:' || :person, 0))")
# Supervisors of the body that answers; where it has none, those whose roles reach over the place.
_SUPERVISORS = text(
    """
    SELECT DISTINCT r.person_id, r.org_id = :owner AS is_of_owner
    FROM role_assignment r JOIN organisation o ON o.id = r.org_id AND o.status = 'active'
    JOIN person p ON p.id = r.person_id AND p.left_at IS NULL
    LEFT JOIN (SELECT org_id, area_id FROM desk WHERE closed_at IS NULL
               UNION SELECT org_id, area_id FROM mandate WHERE state = 'accepted') d
      ON d.org_id = r.org_id AND r.area_id IS NULL
    WHERE r.role IN ('supervisor', 'duty_officer') AND r.since <= :now AND (r.until IS NULL OR r.until > :now)
      AND (r.org_id = :owner OR coalesce(r.area_id, d.area_id, 0) = ANY(:areas))
    ORDER BY r.person_id LIMIT 50
    """
)
_LAST_DESK = text(
    "SELECT id FROM desk WHERE kind = 'buck_stops' AND closed_at IS NULL AND (area_id = ANY(:areas) OR area_id IS NULL)"
    " ORDER BY array_position(:areas, area_id) DESC NULLS LAST LIMIT 1"
)


def find_incident(session: Session, wanted: UUID | int) -> UUID:
    """The id of an incident that somebody names by id or number, whether or not they see it."""
    if isinstance(wanted, UUID):
        return wanted
    with seeing_all(session):
        found: UUID | None = session.scalar(_BY_NUMBER, {"number": wanted})
    if found is None:
        raise NothingToOpen()
    return found


def break_glass(
    session: Session, person: Me, incident_id: UUID, *, reason: str, ring: Keyring, now: datetime
) -> BrokenGlass:
    """Open an incident to a person who may not see it, and tell its owner and a supervisor.

    Asked again while it holds, it answers with the opening that there is. Raises NothingToOpen, AlreadySeen,
    TooManyOpened.
    """
    session.execute(_ONE_AT_A_TIME, {"person": str(person.person_id)})
    held = _open_ones(session, person.person_id, now)
    for one in held:
        if one.incident_id == incident_id:
            return one
    if session.scalar(_SEEN, {"id": incident_id}):
        raise AlreadySeen()
    with seeing_all(session):
        incident = session.execute(_LOCKED, {"id": incident_id}).one_or_none()
        if incident is None or incident.compartment not in person.actor.compartments:
            raise NothingToOpen()
        if len(held) >= OPEN_MOST:
            raise TooManyOpened()
        _expire_late(session, person.person_id, incident_id, now)
        opening = _written(session, person, incident.id, reason, ring, now)
        record(session, incident_stream(incident.id), [Fact("GlassBroken", _said(opening))], now=now)
        _tell(session, incident, "glass_broken", leaving_out=person.person_id, now=now)
    return opening


def _open_ones(session: Session, person_id: UUID, now: datetime) -> list[BrokenGlass]:
    query = select(BrokenGlass).where(
        BrokenGlass.person_id == person_id, BrokenGlass.state == Glass.OPEN, BrokenGlass.expires_at > now
    )
    return list(session.scalars(query))


def _expire_late(session: Session, person_id: UUID, incident_id: UUID, now: datetime) -> None:
    """Note the end of a former opening that is over by its time but that no sweep has met yet."""
    query = select(BrokenGlass).where(
        BrokenGlass.person_id == person_id, BrokenGlass.incident_id == incident_id, BrokenGlass.state == Glass.OPEN
    )
    for late in session.scalars(query).all():
        _expire(session, late, now)


def _written(session: Session, person: Me, incident_id: UUID, reason: str, ring: Keyring, now: datetime) -> BrokenGlass:
    opening_id = new_id()
    seal = Seal.fresh(opening_id)
    insert_all(session, {record_key_table(): [seal.row(ring, now)]})
    opening = BrokenGlass(
        id=opening_id, incident_id=incident_id, person_id=person.person_id, reason=seal.close("reason", reason),
        state=Glass.OPEN, opened_at=now, expires_at=now + LASTS,
    )  # fmt: skip
    session.add(opening)
    session.flush()
    return opening


def _said(opening: BrokenGlass) -> dict[str, Any]:
    return {"opening_id": opening.id, "person_id": opening.person_id}


def _tell(
    session: Session, incident: Row[Any], template: str, *, now: datetime, leaving_out: UUID | None = None
) -> None:
    """Tell the owner and a supervisor; the desk where the buck stops stands in for a supervisor."""
    areas = [area for area in incident.area_ids if area]
    near = session.execute(_SUPERVISORS, {"owner": incident.owner_org_id, "areas": [*areas, 0], "now": now}).all()
    chosen = [row.person_id for row in near if row.is_of_owner] or [row.person_id for row in near]
    people = list(dict.fromkeys(one for one in (*chosen[:5], incident.owner_person_id) if one and one != leaving_out))
    desks = {incident.owner_desk_id} if incident.owner_desk_id else set()
    if not any(one != leaving_out for one in chosen):
        desks.add(session.scalar(_LAST_DESK, {"areas": areas}))
    said = {"number": incident.number, "grade": incident.grade}
    notices = [Notice(template, incident.id, person_id=one, params=said) for one in people]
    notices += [Notice(template, incident.id, desk_id=desk, params=said) for desk in desks if desk]
    announce(session, notices, now=now)


def end_opening(session: Session, person: Me, opening_id: UUID, *, now: datetime) -> BrokenGlass:
    """End one's own opening before its time. Raises NoSuchOpening, NotYours, NotInThisState."""
    opening = _locked(session, opening_id)
    if opening.person_id != person.person_id:
        raise NotYours()
    if opening.expires_at <= now and opening.state == Glass.OPEN:
        with seeing_all(session):
            _expire(session, opening, now)
        return opening
    _move(opening, Step.END)
    opening.ended_at = now
    with seeing_all(session):
        _journal(session, opening, "GlassEnded", now)
    return opening


def review_opening(
    session: Session, person: Me, opening_id: UUID, *, is_justified: bool, note: str, ring: Keyring, now: datetime
) -> BrokenGlass:
    """Say whether an opening that is over was justified. Raises NoSuchOpening, OwnReview, NotInThisState."""
    opening = _locked(session, opening_id)
    if opening.person_id == person.person_id:
        raise OwnReview()
    with seeing_all(session):
        if opening.state == Glass.OPEN and opening.expires_at <= now:
            _expire(session, opening, now)
        _move(opening, Step.APPROVE if is_justified else Step.REPROVE)
        opening.reviewed_by, opening.reviewed_at = person.person_id, now
        opening.review_note = seal_of(session, ring, opening.id).close("review_note", note) if note else None
        _journal(session, opening, "GlassReviewed", now, justified=is_justified)
    return opening


def _locked(session: Session, opening_id: UUID) -> BrokenGlass:
    opening = session.get(BrokenGlass, opening_id, with_for_update=True, populate_existing=True)
    if opening is None:
        raise NoSuchOpening()
    return opening


def _move(opening: BrokenGlass, step: Step) -> None:
    state = Glass(opening.state)
    found = after(state, step)
    if found is None:
        raise NotInThisState(allowed=[one.value for one in allowed_steps(state)])
    opening.state = found


def _expire(session: Session, opening: BrokenGlass, now: datetime) -> None:
    _move(opening, Step.EXPIRE)
    opening.ended_at = opening.expires_at
    session.flush()
    _journal(session, opening, "GlassExpired", now)


def _journal(session: Session, opening: BrokenGlass, kind: str, now: datetime, **more: Any) -> None:
    session.execute(_LOCKED, {"id": opening.incident_id})
    record(session, incident_stream(opening.incident_id), [Fact(kind, _said(opening) | more)], now=now)


def settle_openings(session: Session, *, now: datetime) -> int:
    """Note openings whose time is over, and remind supervisors of those that nobody reviewed for 72 hours."""
    late = select(BrokenGlass).where(BrokenGlass.state == Glass.OPEN, BrokenGlass.expires_at <= now).limit(100)
    waiting = (
        select(BrokenGlass)
        .where(
            BrokenGlass.state.in_(OVER), BrokenGlass.reminded_at.is_(None), BrokenGlass.ended_at <= now - REVIEW_WITHIN
        )
        .limit(100)
    )

    def over(opening: BrokenGlass) -> None:
        _expire(session, opening, now)

    def unreviewed(opening: BrokenGlass) -> None:
        incident = session.execute(_LOCKED, {"id": opening.incident_id}).one()
        opening.reminded_at = now
        _tell(session, incident, "glass_unreviewed", leaving_out=opening.person_id, now=now)

    def leave(_: BrokenGlass) -> None:
        """Nothing can put off an end; the next sweep tries again."""

    done = one_by_one(session, _some(session, late), over, what="openings", put_off=leave)
    return done + one_by_one(session, _some(session, waiting), unreviewed, what="unreviewed openings", put_off=leave)


def _some(session: Session, query: Any) -> Iterable[BrokenGlass]:
    found: Iterable[BrokenGlass] = session.scalars(query.with_for_update(skip_locked=True)).all()
    return found


def count_waiting(session: Session) -> int:
    """How many openings that the reader may see wait for a review."""
    return session.scalar(select(func.count()).where(BrokenGlass.state.in_(OVER))) or 0
