"""What is known of one request and one offer when they are compared. None means unknown: never fine, never a breach."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from backend.aid.safety import CREDENTIAL

# Within how many metres help is looked for where the offer names no reach: the widest ring of R15, and further where
# the help drives anyway (AID03), is bound to no door (AID07, AID10) or to a place where one moves to (AID08).
REACH_M = 3_000.0
REACH_BY_NEED_M = {"AID03": 10_000.0, "AID07": 10_000.0, "AID08": 30_000.0, "AID10": 10_000.0}
# How often one helper is taken in one go: what a day's waves may ask of one person (R15).
AT_ONCE_MOST = 3


class Safeguard(StrEnum):
    """Why a task is no matter of the two sides alone (R19): where, or with whom and what, it is done."""

    IN_HOME = "in_home"
    CARE = "care"
    MONEY = "money"
    CHILD = "child"


# Without this credential nobody is brought together with the person in the place (R18, INV-12).
PROOF = {one: CREDENTIAL[one.value] for one in Safeguard}


class Window(NamedTuple):
    """A time in which it may be, from ``start`` until before ``end``; both know their offset."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request.

    ``windows``: in order and apart from each other; none at all means that no time is left. ``languages``: all in which
    the person says to be able to speak, the own one first; ``writes``: in which they wrote. ``accessibility``: what has
    to be there. ``excluded``: offers with which it is not brought together (own, met before, a worry once).
    ``helped_by``: offers of those who have helped the same person before. ``held``: a person has to look first (a
    worry, danger, safe contact, a duty).
    """

    id: UUID
    need: str
    since: datetime
    lat: float | None = None
    lon: float | None = None
    windows: tuple[Window, ...] | None = None
    amount: float | None = None
    unit: str | None = None
    languages: tuple[str, ...] | None = None
    writes: str | None = None
    accessibility: frozenset[str] | None = None
    safeguards: frozenset[Safeguard] = frozenset()
    excluded: frozenset[UUID] = frozenset()
    helped_by: frozenset[UUID] = frozenset()
    held: bool = False

    @property
    def proofs(self) -> frozenset[str]:
        """The credentials that the task needs (R18)."""
        return frozenset(PROOF[one] for one in self.safeguards)

    @property
    def speaks(self) -> tuple[str, ...]:
        """The languages that are known, whether or not those are all."""
        return known_languages(self)

    @property
    def is_for_a_matcher(self) -> bool:
        """Whether a trained matcher has to bring the two together (R19)."""
        return bool(self.safeguards)


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer.

    ``credentials``: what is proved and current; None where nobody knows who it is. ``load``: how often the same
    helper was asked or has helped within a week, ``cap``: from which load on they are asked no more (R15), ``at_once``:
    how often in one go at most. ``helper``: the same for offers of the same person, None where that is not known.
    """

    id: UUID
    need: str
    lat: float | None = None
    lon: float | None = None
    reach_m: float | None = None
    windows: tuple[Window, ...] | None = None
    amount: float | None = None
    unit: str | None = None
    languages: tuple[str, ...] | None = None
    writes: str | None = None
    accessibility: frozenset[str] | None = None
    credentials: frozenset[str] | None = None
    load: int = 0
    cap: int = 6
    at_once: int = AT_ONCE_MOST
    excluded: frozenset[UUID] = frozenset()
    held: bool = False
    helper: Hashable = None

    @property
    def speaks(self) -> tuple[str, ...]:
        """The languages that are known, whether or not those are all."""
        return known_languages(self)

    @property
    def room(self) -> int:
        """How many more requests the helper may be asked for."""
        return max(0, self.cap - self.load)

    @property
    def within_m(self) -> float:
        """How far the help goes."""
        return self.reach_m if self.reach_m is not None else REACH_BY_NEED_M.get(self.need, REACH_M)


def known_languages(one: Wanted | Offered) -> tuple[str, ...]:
    """What somebody says to speak, and else the language in which they wrote."""
    return one.languages or ((one.writes,) if one.writes else ())
