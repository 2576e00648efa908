"""Who answers while a desk's rota has a gap (R02): its deputy, another desk over the place, or nobody. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from backend.organisations.rules.rotas import Gap, Turn


class Instead(StrEnum):
    """Who answers in a gap."""

    DEPUTY = "deputy"
    OTHER_DESK = "other_desk"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Covering:
    """A desk that may answer for a place. ``is_active``: its body takes part."""

    id: UUID
    always_staffed: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a gap with one answer to what happens then; ``desk_id`` is the other desk."""

    start: datetime
    end: datetime
    instead: Instead
    desk_id: UUID | None = None


def what_happens(
    gap: Gap, own: UUID, order: Sequence[Covering], turns: Mapping[UUID, Sequence[Turn]]
) -> tuple[Piece, ...]:
    """Cut a gap of the desk ``own`` where the answer changes.

    ``order`` are the desks over the place as reports look for them, the smallest first and the last desks behind;
    ``turns`` those of ``own`` and of these by desk. A desk counts as staffed by whoever is there, deputies too.
    """
    edges = {gap.start, gap.end}
    for desk in {own, *(one.id for one in order)}:
        edges |= {at for turn in turns.get(desk, ()) for at in (turn.start, turn.end) if gap.start < at < gap.end}
    cuts = sorted(edges)
    pieces = (_piece(start, end, own, order, turns) for start, end in pairwise(cuts))
    return tuple(_joined(pieces))


def _piece(
    start: datetime, end: datetime, own: UUID, order: Sequence[Covering], turns: Mapping[UUID, Sequence[Turn]]
) -> Piece:
    def is_there(desk: UUID) -> bool:
        return any(turn.start <= start < turn.end for turn in turns.get(desk, ()))

    if is_there(own):
        return Piece(start, end, Instead.DEPUTY)
    for desk in order:
        if desk.id != own and desk.is_active and (desk.always_staffed or is_there(desk.id)):
            return Piece(start, end, Instead.OTHER_DESK, desk.id)
    return Piece(start, end, Instead.NOBODY)


def _joined(pieces: Iterable[Piece]) -> Iterable[Piece]:
    held: Piece | None = None
    for piece in pieces:
        if held and (held.instead, held.desk_id) == (piece.instead, piece.desk_id):
            held = Piece(held.start, piece.end, held.instead, held.desk_id)
            continue
        if held:
            yield held
        held = piece
    if held:
        yield held
