"""What a client needs to know before it sends anything; it may keep it for when the server cannot be reached."""

from functools import lru_cache
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.areas.models import Area
from backend.intake.photos import BYTES_MOST
from backend.intake.schemas import KINDS, PHOTOS_MOST
from backend.intake.voice import BYTES_MOST as VOICE_BYTES_MOST
from backend.kernel.database import RESIDENT, act_as
from backend.kernel.logs import log
from backend.kernel.schemas import TEXT_MOST
from backend.kernel.versions import Cached
from backend.policy.catalogue import default_catalogue
from backend.settings import Settings

# What each database's countries were when they were last read: the numbers are there when it is away (INV-13).
_LAST_READ: dict[str, tuple[str, ...]] = {}


@lru_cache(maxsize=16)
def configuration(settings: Settings, countries: tuple[str, ...]) -> dict[str, Any]:
    """Languages, categories as tiles, emergency numbers by country, limits, and what is switched on.

    ``countries``: those of the areas, the default first. Their numbers come first, then all others that are known.
    """
    catalogue = default_catalogue()
    numbers = {country: catalogue.numbers.get(country) or catalogue.numbers["EU"] for country in countries}
    return {
        "name": "Linli",
        "languages": list(settings.languages),
        "kinds": list(KINDS),
        "categories": [
            {
                "code": one.code, "kind": one.kind, "label": dict(one.label), "plain": dict(one.plain),
                "private": one.private, "divert": one.divert,
            }
            for one in catalogue.categories.values()
        ],
        "country": countries[0],
        "countries": list(countries),
        "emergency": {country: _plain(found) for country, found in {**numbers, **catalogue.numbers}.items()},
        "limits": {"text": TEXT_MOST, "photos": PHOTOS_MOST, "photo_bytes": BYTES_MOST, "voice_bytes": VOICE_BYTES_MOST},
        "map": None,
        "keys": {},
        "channels": {"email": bool(settings.smtp_host), "push": False, "telegram": bool(settings.telegram_token)},
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _load_countries(session: Session) -> tuple[str, ...]:
    query = select(Area.country).where(Area.retired_at.is_(None), Area.country.is_not(None)).group_by(Area.country)
    return tuple(str(one) for one in session.scalars(query.order_by(func.min(Area.level), func.min(Area.id))))


_COUNTRIES = Cached("areas", load=_load_countries)


def countries(session: Session, settings: Settings) -> tuple[str, ...]:
    """The countries of the areas, the deployment's own first; its own alone where no area names one."""
    found = _COUNTRIES.get(session) or (settings.country,)
    ordered = tuple(sorted(found, key=lambda country: country != settings.country))
    _LAST_READ[settings.database_url] = ordered
    return ordered


def countries_anyhow(session: Session, settings: Settings, *, ask: bool = True) -> tuple[str, ...]:
    """The countries, in a transaction that may be broken or with a database that may be away: then as last read.

    What the transaction has written and not committed is lost. ``ask=False``: the database is known to be away.
    """
    if ask:
        try:
            session.rollback()
            act_as(session, RESIDENT)
            return countries(session, settings)
        except SQLAlchemyError as error:
            log.warning("countries as last read", error=type(error).__name__)
    return _LAST_READ.get(settings.database_url, (settings.country,))
