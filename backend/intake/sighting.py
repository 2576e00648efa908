"""Looking at a report before anything is written: where it is, what its words suggest, what the rules decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
from sqlalchemy.orm import Session

from backend.areas.index import AreaIndex, IndexedArea
from backend.areas.lookup import AREAS
from backend.incidents.likeness import blind_tokens
from backend.incidents.opening import Spot
from backend.intake.lexicon import Suggestion, load_lexicon, suggest
from backend.intake.surroundings import Counts, Surroundings, ask_surroundings, source_of
from backend.kernel.languages import best_language
from backend.kernel.sealed import Keyring
from backend.policy.cache import ruleset_at
from backend.policy.decide import decide
from backend.policy.decision import Decision
from backend.policy.facts import Facts
from backend.settings import Settings

# H3 resolution of the cell by which incidents nearby are found: edges of about 174 m.
CELL_RESOLUTION = 9
# Under this confidence of the lexicon a category stays a proposal for a person and no rule acts on it (R04).
CONFIDENT = 0.6
# So far may the clock of a phone go ahead of ours.
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A report as Linli understands it, before it is written."""

    sent: Mapping[str, Any]
    language: str
    spot: Spot
    suggestion: Suggestion | None
    around: Surroundings
    source: bytes | None
    decision: Decision
    category: str | None
    zone: str
    words: tuple[int, ...]

    @property
    def client_id(self) -> UUID:
        """The client's own id of the report."""
        found: UUID = self.sent["client_id"]
        return found

    @property
    def grade(self) -> int:
        """The grade, 1 to 5."""
        return int(self.decision.grade[1])


def look(session: Session, sent: Mapping[str, Any], *, settings: Settings, ring: Keyring, now: datetime) -> Sighting:
    """Locate a report, read its words, see what lies around it, and let the rules decide. One statement."""
    index = AREAS.get(session)
    spot = spot_of(index, sent.get("place") or {})
    nearest = index.area(spot.chain[-1]) if spot.chain else None
    zone = (nearest and nearest.timezone) or settings.timezone
    source = source_of(ring, sent)
    around_it = ask_surroundings(session, spot, source=source, now=now)
    words = sent.get("text") or ""
    tokens = blind_tokens(words, ring.derived("words")) if words else ()
    suggestion = (
        suggest(words, lexicon=load_lexicon(), kind=sent["kind"], category=sent.get("category")) if words else None
    )
    category = sent.get("category") or (suggestion.category if suggestion else None)
    language = best_language(sent.get("language"), settings.languages)
    ruleset = ruleset_at(session, spot.chain, now=now, country=settings.country)
    around = around_it()
    counts = around.counts(spot, category=category, voice=_voice(sent), now=now)
    facts = _facts(
        sent, spot, suggestion, category,
        counts=counts, nearest=nearest, index=index, local=now.astimezone(ZoneInfo(zone)),
    )  # fmt: skip
    decision = decide(facts, ruleset, now)
    return Sighting(
        sent, language, spot, suggestion, around, source, decision, decision.category or category, zone, tokens
    )


def believed(taken_at: datetime | None, *, now: datetime) -> datetime | None:
    """When a position was taken, as far as a phone's clock can be believed: nobody was anywhere in the time to come."""
    return taken_at if taken_at and taken_at <= now + CLOCKS_DIFFER else None


def spot_of(index: AreaIndex, place: Mapping[str, Any]) -> Spot:
    """Where a place lies; without coordinates nowhere, and then the top desk answers."""
    if "lat" not in place:
        return Spot()
    lat, lon = place["lat"], place["lon"]
    found = index.locate(lat=lat, lon=lon)
    cell: int = h3.latlng_to_cell(lat, lon, CELL_RESOLUTION)
    return Spot(lat, lon, place.get("accuracy_m"), cell, found.primary, found.covers)


def _facts(
    sent: Mapping[str, Any], spot: Spot, suggestion: Suggestion | None, category: str | None, *, counts: Counts,
    nearest: IndexedArea | None, index: AreaIndex, local: datetime,
) -> Facts:  # fmt: skip
    place = sent.get("place") or {}
    levels = tuple(area.division for area in map(index.area, spot.chain) if area)
    return Facts(
        kind=sent["kind"],
        category=category or "",
        danger_now=sent["danger_now"],
        voice=_voice(sent),
        anonymous=sent["anonymous"],
        language=sent.get("language") or "",
        channel=sent["channel"],
        has_text=bool(sent.get("text")),
        has_place=bool(spot.chain or place),
        photo_count=len(sent["photo_ids"]),
        people_count=sent["people_count"],
        flags=suggestion.markers if suggestion else frozenset(),
        hour_local=local.hour,
        weekday_local=local.isoweekday(),
        area_level_names=levels,
        density=nearest.density if nearest else "urban",
        repeat_30d=counts.repeat_30d,
        reports_24h_same_source=counts.reports_24h_same_source,
        same_source_place_10d=counts.same_source_place_10d,
    )


def _voice(sent: Mapping[str, Any]) -> str:
    return sent.get("voice") or "witness"


def is_automatic(sighting: Sighting) -> bool:
    """Whether a rule may triage without a person (R04): on its list, and the category chosen or told with confidence."""
    return sighting.decision.auto_triage and is_sorted(sighting)


def is_sorted(sighting: Sighting) -> bool:
    """Whether the category was chosen by whoever sent the report, or is told from the words with confidence."""
    chosen = bool(sighting.sent.get("category"))
    return chosen or bool(sighting.suggestion and sighting.suggestion.confidence >= CONFIDENT)
