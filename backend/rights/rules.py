"""Requests for one's rights (C56) and how long things are kept (C54): states, what bars erasing, when what is over.

Sources of the promises: GDPR Art. 12(3), one month; PIPL Art. 50, in time, by GB/T 35273-2020 8.7 within 30 days.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ANSWER_WITHIN = timedelta(days=15)  # half of what the law leaves, so that an appeal fits into the month
REMIND_AFTER = timedelta(days=10)
LATE_AGAIN = timedelta(days=3)  # whoever takes over a late request is reminded so often
OPEN_MOST = 10  # of one report at a time: nobody has more to ask, a loop may


class Right(StrEnum):
    """What a resident asks for. Seeing what was said and told needs nobody; what staff wrote is looked through first."""

    SEE = "see"
    CORRECT = "correct"
    OBJECT = "object"
    ERASE = "erase"


class Asked(StrEnum):
    """The states of a request."""

    OPEN = "open"
    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    APPEALED = "appealed"
    PARTLY_UPHELD = "partly_upheld"
    REFUSAL_UPHELD = "refusal_upheld"


class Move(StrEnum):
    """What may happen to a request."""

    GRANT = "grant"
    PARTLY = "partly"
    REFUSE = "refuse"
    TAKE_BACK = "take_back"
    APPEAL = "appeal"


MOVES: Mapping[tuple[Asked, Move], Asked] = {
    (Asked.OPEN, Move.GRANT): Asked.GRANTED,
    (Asked.OPEN, Move.PARTLY): Asked.PARTLY,
    (Asked.OPEN, Move.REFUSE): Asked.REFUSED,
    (Asked.OPEN, Move.TAKE_BACK): Asked.TAKEN_BACK,
    (Asked.PARTLY, Move.APPEAL): Asked.APPEALED,
    (Asked.REFUSED, Move.APPEAL): Asked.APPEALED,
    (Asked.APPEALED, Move.GRANT): Asked.GRANTED,
    (Asked.APPEALED, Move.PARTLY): Asked.PARTLY_UPHELD,
    (Asked.APPEALED, Move.REFUSE): Asked.REFUSAL_UPHELD,
    (Asked.APPEALED, Move.TAKE_BACK): Asked.TAKEN_BACK,
}
WAITING = frozenset({Asked.OPEN, Asked.APPEALED})
BY_STAFF = frozenset({Move.GRANT, Move.PARTLY, Move.REFUSE})
# Why something is not done, or only in part. Each has its words; a refusal without one of them is none.
REASONS = ("danger_goes_on", "legal_duty", "legal_claim", "others_safety", "not_true", "not_ours")


def after(state: Asked, move: Move) -> Asked | None:
    """The state that ``move`` leads to; None where it is not allowed."""
    return MOVES.get((state, move))


def moves_of(state: Asked) -> tuple[Move, ...]:
    """What may happen next."""
    return tuple(move for move in Move if (state, move) in MOVES)


class Part(StrEnum):
    """What is kept of people, by what it is; each has its time in the policy of keeping."""

    CONTACT = "contact"
    POSITION = "position"
    PICTURES = "pictures"
    WORDS = "words"
    STAFF = "staff_words"


# What goes when a resident has a report erased. What staff wrote is the record of how a body did its duty; it stays
# until its own time, and may be asked for, corrected and objected to.
OF_RESIDENT = (Part.CONTACT, Part.POSITION, Part.PICTURES, Part.WORDS)
STAYS = ("record", "staff_words", "journal")


@dataclass(frozen=True, slots=True)
class Matter:
    """What decides whether a report may be erased at once."""

    is_over: bool
    duty_open: bool
    disputed: bool
    held: bool
    protected: bool  # an alarm, or a report in safe mode: whoever holds the phone may not be who sent it


def bars_to_erasing(matter: Matter) -> tuple[str, ...]:
    """Why a person has to look first; empty where the report is erased at once.

    GDPR Art. 17(3): legal duties and claims; Art. 6(1)(d) while somebody's life may depend on it; Art. 12(6) where it
    is in doubt who asks.
    """
    found = {
        "not_over": not matter.is_over, "legal_duty": matter.duty_open, "dispute": matter.disputed,
        "legal_hold": matter.held, "protected": matter.protected,
    }  # fmt: skip
    return tuple(name for name, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long one part is kept after a matter is over, in days, and for which categories longer or shorter."""

    part: Part
    days: int
    but: Sequence[tuple[frozenset[str], int]] = ()

    def days_for(self, category: str | None) -> int:
        """Days for one category; the first exception that names it counts."""
        return next((days for codes, days in self.but if category in codes), self.days)

    def groups(self) -> list[tuple[int, frozenset[str], frozenset[str]]]:
        """Each length with the categories that it is for, or (named by none) those that it is not for."""
        seen: set[str] = set()
        found = []
        for codes, days in self.but:
            found.append((days, codes - seen, frozenset[str]()))
            seen |= codes
        return [*found, (self.days, frozenset[str](), frozenset(seen))]


def is_due(keeping: Keeping, category: str | None, closed_at: datetime | None, now: datetime) -> bool:
    """Whether the part's time is over. An open matter's never is."""
    return closed_at is not None and closed_at <= now - timedelta(days=keeping.days_for(category))


def next_call(state: Asked, opened_at: datetime, due_at: datetime, now: datetime) -> datetime | None:
    """When somebody is next reminded of a request: once before it is late, then when it is, then again and again."""
    if state not in WAITING:
        return None
    remind_at = opened_at + REMIND_AFTER
    return remind_at if now < remind_at < due_at else due_at if now < due_at else now + LATE_AGAIN


def wholly_gone(parts: Collection[Part]) -> bool:
    """Whether nothing of the resident is left, so that the key of the report itself can go."""
    return set(OF_RESIDENT) <= set(parts)
