"""Duty of responders and volunteers: on until a time, and then off by itself (C17, INV-15)."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from backend.organisations.actions.finding import locked, note, present_person
from backend.organisations.models import Person, Responder, RoleAssignment
from backend.organisations.positions import Position, coarse, exact
from backend.organisations.refusals import DutyTooLong, PlaceMissing, RoleMissing

DUTY_MOST = timedelta(hours=24)
# R15: at most 3 alerts a day and 6 a week for a person, who may ask for fewer.
DAILY_CAP, WEEKLY_CAP = 3, 6


def set_duty(session: Session, person_id: UUID, wish: Mapping[str, Any], *, now: datetime) -> Responder:
    """Go on or off duty, and say when and how often one may be called.

    ``wish``: on_duty; until (needed on duty); place {lat, lon}; available; nights; daily_cap; weekly_cap;
    skills. The exact place is kept while on duty only; otherwise only its cell's centre is. Raises NotFound,
    DutyTooLong, PlaceMissing, RoleMissing.
    """
    present_person(session, person_id)
    until = _until(wish, now)
    responder = session.get(Responder, person_id)
    place = _position(wish.get("place"), responder, on_duty=until is not None)
    if responder is None:
        responder = Responder(person_id=person_id, org_id=_body_of(session, person_id, now), **NEW)
        session.add(responder)
    for name in ("available", "nights", "daily_cap", "weekly_cap", "skills"):
        setattr(responder, name, wish.get(name, getattr(responder, name)))
    if until is not None:
        responder.available = bool(wish.get("available", True))
    _place(responder, place)
    responder.on_duty_until, responder.updated_at = until, now
    session.flush()
    _note_duty(session, responder, now=now)
    return responder


NEW: Mapping[str, Any] = {
    "available": False,
    "nights": False,
    "daily_cap": DAILY_CAP,
    "weekly_cap": WEEKLY_CAP,
    "skills": [],
}


def go_off_duty(session: Session, person_id: UUID, *, now: datetime) -> None:
    """Take somebody off duty and off the list of those who can be called; nothing for who never was on it."""
    responder = session.get(Responder, person_id, with_for_update=True, populate_existing=True)
    if responder is None:
        return
    responder.available = False
    _end(session, responder, now=now)


def end_expired_duty(session: Session, *, now: datetime, limit: int = 200) -> int:
    """Forget the exact place of those whose duty is over; return how many were. For a sweep."""
    over = select(Responder).where(Responder.on_duty_until <= now).limit(limit).with_for_update(skip_locked=True)
    found = list(session.scalars(over))
    for responder in found:
        locked(session, Person, responder.person_id)
        _end(session, responder, now=now)
    return len(found)


def _end(session: Session, responder: Responder, *, now: datetime) -> None:
    _place(responder, coarse(lat=responder.lat, lon=responder.lon))
    responder.on_duty_until, responder.updated_at = None, now
    session.flush()
    _note_duty(session, responder, now=now)


def _until(wish: Mapping[str, Any], now: datetime) -> datetime | None:
    if not wish["on_duty"]:
        return None
    until: datetime | None = wish.get("until")
    if until is None or not now < until <= now + DUTY_MOST:
        raise DutyTooLong()
    return until


def _position(place: Mapping[str, float] | None, responder: Responder | None, *, on_duty: bool) -> Position:
    if place is None:
        if responder is None:
            raise PlaceMissing()
        place = {"lat": responder.lat, "lon": responder.lon}
    return (exact if on_duty else coarse)(lat=place["lat"], lon=place["lon"])


def _place(responder: Responder, position: Position) -> None:
    for name, value in asdict(position).items():
        setattr(responder, name, value)


def _body_of(session: Session, person_id: UUID, now: datetime) -> UUID:
    found = session.scalar(
        select(RoleAssignment.org_id)
        .where(
            RoleAssignment.person_id == person_id,
            RoleAssignment.since <= now,
            or_(RoleAssignment.until.is_(None), RoleAssignment.until > now),
        )
        .order_by(RoleAssignment.since, RoleAssignment.id)
        .limit(1)
    )
    if found is None:
        raise RoleMissing(person_id=person_id)
    return found


def _note_duty(session: Session, responder: Responder, *, now: datetime) -> None:
    payload = {"until": responder.on_duty_until, "available": responder.available}
    note(session, f"person:{responder.person_id}", "DutyChanged", now=now, **payload)
