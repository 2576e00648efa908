"""What anybody may read: incidents of the last weeks, blurred (docs/adr/0007), from whatever channel they came."""

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import h3
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from sqlalchemy import exists, not_, select

from backend.areas.lookup import AREAS
from backend.incidents.models import Incident, Report
from backend.incidents.ownership import chain_in
from backend.intake.open311.reading import Reader, is_quiet, request_of
from backend.intake.open311.rules import SPAN_MOST, WEEK, Blurred, Happening, blurred, is_past, week_of
from backend.intake.open311.services import is_open
from backend.kernel.database import versions_of
from backend.kernel.languages import pick
from backend.kernel.problems import Invalid
from backend.kernel.sealed import Keyring
from backend.policy.cache import ruleset_at

# How long the list of a week is kept: it is made from everything that came in during it.
KEPT = timedelta(hours=1)


def span_of(start: datetime | None, end: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """The span that is asked for: the last 90 days unless it is said. Raises Invalid for a longer one."""
    until = end or (start + SPAN_MOST if start else now)
    since = start or until - SPAN_MOST
    if not timedelta(0) <= until - since <= SPAN_MOST:
        raise Invalid({"end_date": [f"has to end after it begins, within {SPAN_MOST.days} days"]})
    return since, until


def public_requests(reader: Reader, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One page of the list, newest first. At most one statement. Raises Invalid."""
    since, until = span_of(asked.get("start_date"), asked.get("end_date"), reader.now)
    first = week_of(since) if week_of(since) == since else week_of(since) + WEEK
    weeks = [first + WEEK * at for at in range((until - first) // WEEK + 1)] if first <= until else []
    found = [one for one in published(reader, reversed(weeks)) if _is_asked_for(one, asked)]
    begin = (asked["page"] - 1) * asked["page_size"]
    return [_shown(reader, one) for one in found[begin : begin + asked["page_size"]]]


def _is_asked_for(one: Blurred, asked: Mapping[str, Any]) -> bool:
    status = "closed" if one.closed_week else "open"
    return one.service in asked.get("service_code", (one.service,)) and status in asked.get("status", (status,))


def public_by_ids(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of ``ids`` that the list has, by their id there. Two statements at most."""
    wanted = {incident_of(reader.ring, one): one for one in ids}
    opened = reader.session.scalars(select(Incident.opened_at).where(Incident.id.in_(wanted))).all() if wanted else ()
    listed = published(reader, {week_of(at) for at in opened})
    return {wanted[one.id]: _shown(reader, one) for one in listed if one.id in wanted}


def _shown(reader: Reader, one: Blurred) -> dict[str, Any]:
    lat, lon = h3.cell_to_latlng(one.cell) if one.cell else (None, None)
    area = AREAS.get(reader.session).area(one.area) if one.area is not None else None
    return request_of(
        service_request_id=str(public_id_of(reader.ring, one.id)),
        status="closed" if one.closed_week else "open",
        service_name=pick(reader.services[one.service].label, reader.language),
        service_code=one.service,
        requested_datetime=one.week,
        updated_datetime=one.closed_week or one.week,
        address=pick(area.names or {"en": area.name}, reader.language) if area else None,
        lat=None if lat is None else round(lat, 4),
        long=None if lon is None else round(lon, 4),
    )


def public_id_of(ring: Keyring, incident_id: UUID) -> UUID:
    """The id of an incident in the public list: nobody without the keys can tell which incident it is."""
    return UUID(bytes=_cipher(ring).encryptor().update(incident_id.bytes))


def incident_of(ring: Keyring, public_id: UUID) -> UUID:
    """The incident of a public id, if there is one."""
    return UUID(bytes=_cipher(ring).decryptor().update(public_id.bytes))


def _cipher(ring: Keyring) -> Cipher[ECB]:
    # One random block under one key: what ECB gives away of longer texts there is none of.
    return Cipher(AES256(ring.derived("open311-ids")), ECB())  # noqa: S305


Key = tuple[object, object, object, datetime]
Held = tuple[datetime, tuple[Blurred, ...]]
_kept: dict[Key, Held] = {}
_lock = threading.Lock()


def published(reader: Reader, weeks: Iterable[datetime]) -> list[Blurred]:
    """What is shown of whole weeks. It is made once an hour, however many ask. At most one statement."""
    versions = versions_of(reader.session)
    place = (reader.session.get_bind().engine.url, versions.get("policy", 0), versions.get("areas", 0))
    keys = [(*place, week) for week in weeks if is_past(week, reader.now)]
    held = {key: found for key in keys if (found := _kept.get(key))}
    is_stale = len(held) < len(keys) or any(not _is_fresh(found, reader.now) for found in held.values())
    # Whoever asks while it is made anew gets the former one, so that no thread waits that reports may need.
    if is_stale and _lock.acquire(blocking=len(held) < len(keys)):
        try:
            _make(reader, [key for key in keys if not _is_fresh(_kept.get(key), reader.now)])
            held = {key: _kept[key] for key in keys}
        finally:
            _lock.release()
    # A service may have ended since, by the date of a rule.
    return [one for key in keys for one in held[key][1] if one.service in reader.services]


def _is_fresh(held: Held | None, now: datetime) -> bool:
    return held is not None and timedelta(0) <= now - held[0] < KEPT


def _make(reader: Reader, keys: Sequence[Key]) -> None:
    if not keys:
        return
    found: defaultdict[datetime, list[Blurred]] = defaultdict(list)
    weeks = [key[-1] for key in keys]
    for one in blurred(_happenings(reader, min(weeks), max(weeks) + WEEK), reader.now):
        found[one.week].append(one)
    for key in [key for key, held in _kept.items() if not _is_fresh(held, reader.now)]:
        del _kept[key]
    _kept.update({key: (reader.now, tuple(found[key[-1]])) for key in keys})


def _happenings(reader: Reader, since: datetime, until: datetime) -> list[Happening]:
    """Incidents of a span which may be told of: none that is private, an exercise, taken back, or of one who hides."""
    hiding = exists().where(
        Report.incident_id == Incident.id, Report.safe_contact.is_not(None) | (Report.kind != "concern")
    )
    rows = reader.session.execute(
        select(
            Incident.id, Incident.category, Incident.opened_at, Incident.closed_at, Incident.cell, Incident.area_ids,
            Incident.area_id,
        ).where(
            Incident.opened_at >= since, Incident.opened_at < until, Incident.kind == "concern",
            Incident.state.not_in(("withdrawn", "merged")), Incident.exercise_id.is_(None),
            not_(is_quiet(reader.services)), not_(hiding),
        )
    )  # fmt: skip
    found = [
        Happening(
            row.id, row.category, row.opened_at, row.closed_at,
            h3.int_to_str(row.cell) if row.cell is not None else None, chain_in(row.area_ids, row.area_id),
        )
        for row in rows
    ]  # fmt: skip
    open_at = {chain: _services_at(reader, chain) for chain in {one.chain for one in found}}
    return [one for one in found if one.service in open_at[one.chain]]


def _services_at(reader: Reader, chain: tuple[int, ...]) -> set[str]:
    """The services under the rules of a place."""
    ruleset = ruleset_at(reader.session, chain, now=reader.now, country=reader.settings.country)
    return {code for code, one in ruleset.categories.items() if is_open(ruleset, one)}
