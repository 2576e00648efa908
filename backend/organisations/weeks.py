"""Rotas by the week: each desk's turns in its own local days, and its gaps in words (C13, C37)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.languages import LANGUAGES, pick, say, say_time
from backend.kernel.names import names_of
from backend.kernel.sealed import Keyring
from backend.organisations.actions.turns import turn_of, zone_of
from backend.organisations.directory import DIRECTORY, DeskEntry, Directory
from backend.organisations.models import Desk, Shift
from backend.organisations.reading import open_desks, page_of
from backend.organisations.rosters import say_shift
from backend.organisations.rules.cover import Covering, Instead, Piece, what_happens
from backend.organisations.rules.local import LocalDay, days_touching, week_of
from backend.organisations.rules.rotas import Turn, rota_gaps

Shown = dict[str, Any]


def weeks(
    session: Session, ring: Keyring | None, filters: Mapping[str, Any], *, zone: str, now: datetime
) -> dict[str, Any]:
    """A page of open desks by name, each with the week in which the day ``of`` lies there. Names only with ``ring``.

    Without ``of`` it is the present week at each desk. ``zone``: local time where no area over a desk names one.
    """
    page = page_of(session, open_desks(filters), (Desk.name, Desk.id), filters)
    desks: Sequence[Desk] = page["items"]
    zones = {desk.id: zone_of(session, desk, zone) for desk in desks}
    spans = {desk.id: week_of(_day(filters, zones[desk.id], now), zones[desk.id]) for desk in desks}
    over = {desk.id: _desks_over(session, desk) for desk in desks}
    shifts = _shifts(session, desks, over, spans)
    names = names_of(session, ring, {shift.person_id for desk in desks for shift in shifts.get(desk.id, ())})
    turns = {desk_id: [turn_of(shift) for shift in own] for desk_id, own in shifts.items()}
    directory = DIRECTORY.get(session)
    items = []
    for desk in desks:
        gaps = _gaps(desk, spans[desk.id], over[desk.id], turns, directory)
        own = [say_shift(shift, names) for shift in shifts.get(desk.id, ()) if _touches(shift, spans[desk.id])]
        items.append(_say(desk, zones[desk.id], spans[desk.id], own, gaps, directory))
    return {"items": items, "next_cursor": page["next_cursor"]}


def _day(filters: Mapping[str, Any], zone: str, now: datetime) -> date:
    asked: date | None = filters.get("of")
    return asked or now.astimezone(ZoneInfo(zone)).date()


def _desks_over(session: Session, desk: Desk) -> tuple[DeskEntry, ...]:
    """The desks that reports of this desk's area look for, the smallest first."""
    chain = AREAS.get(session).chain(desk.area_id) if desk.area_id is not None else ()
    return DIRECTORY.get(session).desks_over(chain)


def _shifts(
    session: Session, desks: Sequence[Desk], over: Mapping[UUID, Iterable[DeskEntry]],
    spans: Mapping[UUID, Sequence[LocalDay]],
) -> dict[UUID, list[Shift]]:  # fmt: skip
    if not desks:
        return {}
    ids = {desk.id for desk in desks} | {one.id for entries in over.values() for one in entries}
    period = Range(min(days[0].start for days in spans.values()), max(days[-1].end for days in spans.values()))
    query = select(Shift).where(Shift.desk_id.in_(ids), Shift.withdrawn_at.is_(None), Shift.during.overlaps(period))
    found: dict[UUID, list[Shift]] = {}
    for shift in session.scalars(query.order_by(Shift.during, Shift.rank)):
        found.setdefault(shift.desk_id, []).append(shift)
    return found


def _touches(shift: Shift, days: Sequence[LocalDay]) -> bool:
    turn = turn_of(shift)
    return bool(days_touching(days, turn.start, turn.end))


def _gaps(
    desk: Desk, days: Sequence[LocalDay], over: Sequence[DeskEntry], turns: Mapping[UUID, Sequence[Turn]],
    directory: Directory,
) -> list[Piece]:  # fmt: skip
    """When nobody answers first at the desk, and what happens then."""
    if desk.always_staffed:
        return []
    # A body's own desk is not where reports arrive: no other one takes its place.
    order = [] if desk.kind == "organisation" else [
        Covering(one.id, one.always_staffed, one.org_id in directory.active) for one in over
    ]  # fmt: skip
    gaps = rota_gaps(turns.get(desk.id, ()), days[0].start, days[-1].end)
    return [piece for gap in gaps for piece in what_happens(gap, desk.id, order, turns)]


def _say(
    desk: Desk, zone: str, days: Sequence[LocalDay], shifts: Sequence[Shown], gaps: Sequence[Piece],
    directory: Directory,
) -> Shown:  # fmt: skip
    return {
        "desk": desk,
        "timezone": zone,
        "days": [{"date": day.date, "from": day.start, "to": day.end, "length_h": day.length_h} for day in days],
        "shifts": [
            shift | {"days": list(days_touching(days, shift["from"], shift["to"]))} for shift in shifts
        ],
        "gaps": [_say_gap(desk, piece, zone, days, directory) for piece in gaps],
    }  # fmt: skip


def _say_gap(desk: Desk, piece: Piece, zone: str, days: Sequence[LocalDay], directory: Directory) -> Shown:
    other = directory.desks.get(piece.desk_id) if piece.desk_id else None
    key = "body_desk" if desk.kind == "organisation" and piece.instead is Instead.NOBODY else piece.instead.value

    def words(language: str) -> str:
        return say(
            f"roster.gap.{key}", language, desk=pick(desk.names, language),
            other=pick(other.names, language) if other else "", **{
                "from": say_time(piece.start, language, zone), "to": say_time(piece.end, language, zone)
            },
        )  # fmt: skip

    return {
        "from": piece.start.astimezone(UTC),
        "to": piece.end.astimezone(UTC),
        "days": list(days_touching(days, piece.start, piece.end)),
        "instead": piece.instead.value,
        "desk_id": piece.desk_id,
        "text": {language: words(language) for language in LANGUAGES},
    }
