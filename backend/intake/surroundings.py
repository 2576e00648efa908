"""What lies around a new report: who is on duty there, what was reported nearby, what the same source sent before.

One statement answers all three, because every report asks them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import h3.api.basic_int as h3
import orjson
from sqlalchemy.orm import Session

from backend.areas.distance import geodesic_m, haversine_m
from backend.incidents.likeness import WINDOW_DAYS
from backend.incidents.opening import Spot
from backend.kernel.ahead import send_ahead
from backend.kernel.sealed import Keyring
from backend.organisations.directory import DIRECTORY, ON_DUTY, OnDuty, by_desk

# Rings of cells around the report in which the same happening is looked for (tests/bench/duplicates.py).
NEARBY_RINGS = 1
NEARBY_MOST = 100
EARLIER_MOST = 100
# Two positions of one household differ by what a phone's own position is wrong by.
SAME_PLACE_M = 30.0
REPEATS = timedelta(days=30)
BUSY_DAY = timedelta(hours=24)
ONE_SIDED = timedelta(days=10)


class Nearby(NamedTuple):
    """An incident near the report, of the last two months when it is open and of the last one when it is over.

    As the statement writes it, for a busy street has a hundred of them: ``id`` in letters, ``opened_s`` since 1970.
    """

    id: str
    lat: float
    lon: float
    accuracy_m: float | None
    opened_s: float
    category: str | None
    compartment: str
    words: Sequence[int]
    is_open: bool
    report_count: int

    @property
    def opened_at(self) -> datetime:
        """When it was opened."""
        return datetime.fromtimestamp(self.opened_s, UTC)


class Earlier(NamedTuple):
    """A report that the same source sent within REPEATS; ``received_s`` since 1970."""

    received_s: float
    lat: float | None
    lon: float | None
    voice: str
    kind: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something like it was reported before, as rules ask it (R12, R13, R22)."""

    repeat_30d: int = 0
    reports_24h_same_source: int = 0
    same_source_place_10d: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The answer."""

    on_duty: Mapping[UUID, tuple[OnDuty, ...]]
    nearby: tuple[Nearby, ...]
    earlier: tuple[Earlier, ...]

    def counts(self, spot: Spot, *, category: str | None, voice: str, now: datetime) -> Counts:
        """Count what was reported before.

        Somebody who speaks for themselves repeats their own reports; otherwise the same matter at the same place is
        what repeats. An offer of help repeats nothing.
        """
        earlier = [one for one in self.earlier if one.kind != "aid_offer"]
        repeats_s, day_s, sided_s = ((now - span).timestamp() for span in (REPEATS, BUSY_DAY, ONE_SIDED))
        if voice == "self":
            repeated = sum(one.voice == "self" for one in earlier)
        else:
            repeated = sum(
                one.report_count
                for one in self.nearby
                if one.category == category and one.opened_s > repeats_s and _same_place(spot, one)
            )
        return Counts(
            repeated,
            sum(one.received_s > day_s for one in earlier),
            sum(one.received_s > sided_s and _same_place(spot, one) for one in earlier),
        )


def _same_place(spot: Spot, other: Nearby | Earlier) -> bool:
    if spot.lat is None or spot.lon is None or other.lat is None or other.lon is None:
        return False
    between = {"lat": spot.lat, "lon": spot.lon, "to_lat": other.lat, "to_lon": other.lon}
    # The quick distance is right to 0.6 %: what is far by it needs no closer look.
    return haversine_m(**between) <= SAME_PLACE_M * 1.01 and geodesic_m(**between) <= SAME_PLACE_M


# Whoever took a report back, or joined it to another, does not count twice.
_AROUND = f"""
SELECT (SELECT json_agg(d) FROM ({ON_DUTY}) d) AS on_duty,
  (SELECT json_agg(json_build_array(id, lat, lon, accuracy_m, extract(epoch FROM opened_at), category, compartment,
                                    words, closed_at IS NULL, report_count)) FROM (
    SELECT id, lat, lon, accuracy_m, opened_at, category, compartment, words, closed_at, report_count FROM incident
    WHERE cell = ANY(%(cells)s) AND opened_at > %(since)s AND state NOT IN ('withdrawn', 'merged')
      AND (closed_at IS NULL OR opened_at > %(repeats)s) ORDER BY opened_at DESC LIMIT {NEARBY_MOST}) n) AS nearby,
  (SELECT json_agg(json_build_array(extract(epoch FROM received_at), lat, lon, voice, kind)) FROM (
    SELECT received_at, lat, lon, voice, kind FROM report
    WHERE source = %(source)s AND received_at > %(repeats)s AND withdrawn_at IS NULL
    ORDER BY received_at DESC LIMIT {EARLIER_MOST}) e) AS earlier
"""  # noqa: S608 - constants of ours


def ask_surroundings(
    session: Session, spot: Spot, *, source: bytes | None, now: datetime
) -> Callable[[], Surroundings]:
    """Ask what lies around ``spot``, and wait for it when what is returned is called. One statement."""
    asked = {
        "desks": [desk.id for desk in DIRECTORY.get(session).desks_at(spot.chain)], "cells": _cells(spot),
        "source": source, "now": now, "since": now - timedelta(days=WINDOW_DAYS), "repeats": now - REPEATS,
    }  # fmt: skip
    sent = send_ahead(session, _AROUND, asked)

    def answer() -> Surroundings:
        on_duty, nearby, earlier = (orjson.loads(found) if found else () for found in sent.row())
        return Surroundings(
            by_desk(map(_on_duty, on_duty)), tuple(map(Nearby._make, nearby)), tuple(map(Earlier._make, earlier))
        )

    return answer


def _cells(spot: Spot) -> Sequence[int]:
    return [] if spot.cell is None else _disk(spot.cell)


@lru_cache(maxsize=8192)
def _disk(cell: int) -> tuple[int, ...]:
    return tuple(h3.grid_disk(cell, NEARBY_RINGS))


def _on_duty(row: Mapping[str, Any]) -> OnDuty:
    return OnDuty(
        UUID(row["desk_id"]), UUID(row["person_id"]), row["rank"], datetime.fromisoformat(row["until"]),
        row["language"], row["has_email"], row["has_chat"], row["has_phone"], row["ways"],
    )  # fmt: skip


def source_of(ring: Keyring, sent: Mapping[str, Any]) -> bytes | None:
    """The source of a report as a keyed hash of the address that was left, by which its own repeats are counted.

    None for whoever stays anonymous or leaves no address: nobody is told apart who does not want to be.
    """
    return address_hash(ring, {} if sent["anonymous"] else sent.get("contact") or {})


def address_hash(ring: Keyring, contact: Mapping[str, Any]) -> bytes | None:
    """An address that was left, as a keyed hash by which alone the same one is known again; None where there is none."""
    chat = f"telegram:{contact['telegram']}" if contact.get("telegram") else ""
    address = (contact.get("email") or "").strip().casefold() or _digits(contact.get("phone")) or chat
    return ring.hashed("source", address) if address else None


def _digits(phone: str | None) -> str:
    return "".join(sign for sign in phone or "" if sign.isdigit())
