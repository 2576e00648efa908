"""What a client needs to know before it sends anything; it may keep it for when the server cannot be reached."""

from functools import lru_cache
from typing import Any

from backend.intake.photos import BYTES_MOST
from backend.intake.schemas import KINDS, PHOTOS_MOST
from backend.kernel.schemas import TEXT_MOST
from backend.policy.catalogue import default_catalogue
from backend.settings import Settings


@lru_cache(maxsize=4)
def configuration(settings: Settings) -> dict[str, Any]:
    """Languages, categories as tiles, emergency numbers by country, limits, and what is switched on."""
    catalogue = default_catalogue()
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
        "country": settings.country,
        "emergency": {country: _plain(numbers) for country, numbers in catalogue.numbers.items()},
        "limits": {"text": TEXT_MOST, "photos": PHOTOS_MOST, "photo_bytes": BYTES_MOST},
        "map": None,
        "keys": {},
        "channels": {"email": bool(settings.smtp_host), "push": False, "telegram": False},
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
