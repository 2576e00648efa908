"""Rotas as people read them: the shifts of a desk, and who is on duty here now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.kernel.etags import etag_of
from backend.kernel.names import names_of
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring
from backend.organisations.actions.turns import gaps_of, shifts_between, turn_of
from backend.organisations.directory import DIRECTORY, DeskEntry, who_is_on_duty
from backend.organisations.models import Desk, Responder, Shift


def rota(session: Session, ring: Keyring | None, desk_id: UUID, start: datetime, end: datetime) -> dict[str, Any]:
    """The shifts of a desk that touch a period, and when a last desk is empty in it. Raises NotFound.

    Names only with ``ring``.
    """
    desk = session.get(Desk, desk_id)
    if desk is None:
        raise NotFound()
    shifts = shifts_between(session, desk_id, start, end)
    names = names_of(session, ring, {shift.person_id for shift in shifts})
    gaps = gaps_of(session, desk, start, end)
    return {
        "desk_id": desk_id,
        "items": [say_shift(shift, names) for shift in shifts],
        "gaps": [{"from": gap.start, "to": gap.end} for gap in gaps],
    }


def say_shift(shift: Shift, names: Mapping[UUID, str]) -> dict[str, Any]:
    """A shift without the words of its hand-over note."""
    turn = turn_of(shift)
    return {
        "id": shift.id,
        "desk_id": shift.desk_id,
        "person_id": shift.person_id,
        "name": names.get(shift.person_id),
        "rank": shift.rank,
        "from": turn.start,
        "to": turn.end,
        "has_handover_note": shift.handover_note is not None,
        "handed_over_at": shift.handed_over_at,
        "withdrawn_at": shift.withdrawn_at,
        "etag": etag_of(shift),
    }


def on_duty_now(
    session: Session, ring: Keyring | None, desks: Sequence[DeskEntry], *, now: datetime
) -> list[dict[str, Any]]:
    """Each desk with the people who are there now, first answerer first. Names only with ``ring``."""
    found = who_is_on_duty(session, [desk.id for desk in desks], now=now)
    names = names_of(session, ring, {one.person_id for people in found.values() for one in people})
    return [
        {
            "desk_id": desk.id,
            "organisation_id": desk.org_id,
            "area_id": desk.area_id,
            "kind": desk.kind,
            "names": desk.names,
            "is_staffed": desk.always_staffed or desk.id in found,
            "people": [
                {
                    "person_id": one.person_id,
                    "name": names.get(one.person_id),
                    "rank": one.rank,
                    "until": one.until,
                }
                for one in found.get(desk.id, ())
            ],
        }
        for desk in desks
    ]


def desks_at(session: Session, *, desk_id: UUID | None, chain: Sequence[int]) -> Sequence[DeskEntry]:
    """One desk, or the duty and last desks over the areas of ``chain``. Raises NotFound."""
    directory = DIRECTORY.get(session)
    if desk_id is None:
        return directory.desks_over(chain)
    if desk_id not in directory.desks:
        raise NotFound()
    return [directory.desks[desk_id]]


def my_duty(session: Session, person_id: UUID, *, now: datetime) -> dict[str, Any]:
    """What a person has said of being called, and their running and next turns."""
    responder = session.get(Responder, person_id)
    query = select(Shift).where(
        Shift.person_id == person_id, Shift.withdrawn_at.is_(None), func.upper(Shift.during) > now
    )
    shifts = session.scalars(query.order_by(Shift.during).limit(10))
    return {"shifts": [say_shift(shift, {}) for shift in shifts]} | _say_duty(responder, now)


def _say_duty(responder: Responder | None, now: datetime) -> dict[str, Any]:
    if responder is None:
        return {"on_duty": False, "available": False, "until": None, "place": None}
    on_duty = responder.on_duty_until is not None and now < responder.on_duty_until
    return {
        "on_duty": on_duty,
        "until": responder.on_duty_until if on_duty else None,
        "place": {"lat": responder.lat, "lon": responder.lon, "is_exact": on_duty},
        **{name: getattr(responder, name) for name in ("available", "nights", "daily_cap", "weekly_cap", "skills")},
    }
