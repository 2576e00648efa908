"""What stands on the paper: who is at which desk in the coming hours, whom to call in which order, and the ladder."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.areas.lookup import AREAS
from backend.kernel.database import seeing_all
from backend.kernel.languages import pick, say
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY, DeskEntry
from backend.organisations.models import Person, Shift
from backend.organisations.reading import open_people
from backend.policy.cache import zone_of
from backend.policy.catalogue import default_catalogue

# A paper that is made at night serves until the next one is there, with hours to spare.
AHEAD = timedelta(hours=36)
KINDS = ("buck_stops", "duty", "organisation")


def paper_of(session: Session, ring: Keyring, *, language: str, zone: str, now: datetime) -> dict[str, Any]:
    """All words of the paper in one language, ready to be set; times are local to each desk."""
    with seeing_all(session):
        directory, index = DIRECTORY.get(session), AREAS.get(session)
        shifts = _shifts(session, now=now)
        people = {one.person_id for one in shifts}
        opened = open_people(session, ring, session.scalars(select(Person).where(Person.id.in_(people))))
        desks = []
        for desk in sorted(directory.desks.values(), key=lambda one: (KINDS.index(one.kind), one.area_id or 0)):
            place = index.area(desk.area_id) if desk.area_id is not None else None
            local = zone_of(session, index.chain(desk.area_id)) if desk.area_id is not None else zone
            there = [one for one in shifts if one.desk_id == desk.id]
            desks.append(
                {
                    "name": pick(desk.names, language) or str(desk.id),
                    "body": pick(directory.organisations[desk.org_id].names, language),
                    "place": pick(place.names or {}, language) or place.name
                    if place
                    else say("paper.everywhere", language),
                    "kind": say(f"paper.kind.{desk.kind}", language),
                    "email": desk.email or "",
                    "rows": [_line(one, opened, local, language, now=now) for one in there],
                    "empty": "" if there else _empty(desk, language),
                }
            )
    made_at = now.astimezone(ZoneInfo(zone))
    heads = ("when", "order", "name", "phone", "email")
    return {
        "language": language,
        "title": say("paper.title", language),
        "intro": say("paper.intro", language, at=f"{made_at:%Y-%m-%d %H:%M}", zone=zone),
        "heads": [say(f"paper.head.{name}", language) for name in heads],
        "desks": desks,
        "ladder_title": say("paper.ladder", language),
        "ladder": [f"{at}. {pick(rung.label, language)}" for at, rung in enumerate(default_catalogue().rungs, 1)],
        "end": say("paper.end", language),
        "lost": say("paper.lost", language),
        "page": say("paper.page", language),
    }


def _shifts(session: Session, *, now: datetime) -> Sequence[Shift]:
    coming = func.tstzrange(now, now + AHEAD)
    query = select(Shift).where(Shift.during.op("&&")(coming), Shift.withdrawn_at.is_(None))
    return session.scalars(query.order_by(func.lower(Shift.during), Shift.rank, Shift.id)).all()


def _line(
    shift: Shift, opened: dict[UUID, dict[str, str | None]], zone: str, language: str, *, now: datetime
) -> dict[str, Any]:
    person = opened.get(shift.person_id, {})
    begin, end = shift.during.lower, shift.during.upper
    local = ZoneInfo(zone)
    times = [f"{at.astimezone(local):%m-%d %H:%M}" if at else "–" for at in (begin, end)]
    return {
        "cells": [
            " – ".join(times),
            say("paper.first" if shift.rank == 0 else "paper.deputy", language),
            person.get("name") or "–",
            person.get("phone") or "–",
            person.get("email") or "–",
        ],
        "now": bool(begin and end and begin <= now < end),
    }


def _empty(desk: DeskEntry, language: str) -> str:
    return say("paper.always_staffed" if desk.always_staffed else "paper.nobody", language)
