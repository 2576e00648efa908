"""What one update of a chat says, in words that the table of states knows. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """In which way something was said."""

    COMMAND = "command"
    BUTTON = "button"
    TEXT = "text"
    PHOTO = "photo"
    VOICE = "voice"
    LOCATION = "location"
    LIVE = "live"
    OUTCOME = "outcome"
    OTHER = "other"


# The value of a live place that has moved since it was first shared: one of many, which are not answered each.
MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Spot:
    """A position, WGS84; ``accuracy_m`` is the radius in metres, ``taken_at`` in ISO 8601."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    taken_at: str | None = None

    def as_place(self) -> dict[str, Any]:
        """As the API takes it."""
        held = {"lat": self.lat, "lon": self.lon, "accuracy_m": self.accuracy_m, "taken_at": self.taken_at}
        return {name: value for name, value in held.items() if value is not None}

    def rounded(self) -> "Spot":
        """To about 100 metres: enough for who is near, too little for a door."""
        return Spot(round(self.lat, 3), round(self.lon, 3), max(100.0, self.accuracy_m or 0.0), self.taken_at)


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said: by a person, or by the API as the outcome of a call (``Kind.OUTCOME``).

    ``value``: the command, the button's data, the words, the file's id, or the outcome's name. ``words``: what follows
    a command, or a caption. ``key``: a UUID that the same update always gets again, for calls that must be done once.
    """

    kind: Kind
    value: str = ""
    words: str = ""
    spot: Spot | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
