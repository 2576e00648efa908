"""The eight need domains (C50), and what a count of requests and offers says of one. Pure.

Silence says nothing: where nobody asked and nobody offered it is unknown, not well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# A count from 1 to 4 could point to a person, so it is hidden (C50).
LEAST = 5


class Domain(StrEnum):
    """What people need, in the words that are used everywhere."""

    FOOD = "food"
    HEALTH = "health"
    MIND = "mind"
    COMMUNICATION = "communication"
    HOME = "home"
    SAFETY = "safety"
    LIVELIHOOD = "livelihood"
    BELONGING = "belonging"


DOMAIN_OF: Mapping[str, Domain] = {
    "AID01": Domain.FOOD, "AID02": Domain.HEALTH, "AID03": Domain.HEALTH, "AID04": Domain.BELONGING,
    "AID05": Domain.HOME, "AID06": Domain.HEALTH, "AID07": Domain.LIVELIHOOD, "AID08": Domain.HOME,
    "AID09": Domain.LIVELIHOOD, "AID10": Domain.COMMUNICATION, "AID11": Domain.MIND,
}  # fmt: skip


class State(StrEnum):
    """What the counts of a domain say."""

    UNKNOWN = "unknown"
    MET = "met"
    SHORT = "short"
    NOBODY = "nobody"
    SPARE = "spare"


@dataclass(frozen=True, slots=True)
class Count:
    """Of one domain in one area: requests that are open, since when the oldest waits, all of 90 days, and open offers."""

    open: int = 0
    asked: int = 0
    offered: int = 0
    oldest: datetime | None = None

    def plus(self, other: "Count") -> "Count":
        """Both together."""
        oldest = min((one for one in (self.oldest, other.oldest) if one), default=None)
        return Count(self.open + other.open, self.asked + other.asked, self.offered + other.offered, oldest)


def state_of(count: Count) -> State:
    """What the counts say."""
    if not count.asked and not count.open:
        return State.SPARE if count.offered else State.UNKNOWN
    if count.open > count.offered:
        return State.SHORT if count.offered else State.NOBODY
    return State.MET


def shown(number: int) -> int | None:
    """A count as it may be told: None from 1 to 4."""
    return None if 0 < number < LEAST else number
