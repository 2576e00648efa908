"""The way out for rooms below dispatch: they say who is to be told what, and the one gateway writes it down.

A notice carries no words of people: a template key of ours and parameters that are ids, codes and times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that somebody is to be told. Exactly one of ``person_id``, ``desk_id``, ``report_id`` is the address.

    ``desk_id`` means whoever is on duty there, and the desk's own address; ``report_id`` means the reporter.
    """

    template: str
    incident_id: UUID | None
    person_id: UUID | None = None
    desk_id: UUID | None = None
    report_id: UUID | None = None
    offer_id: UUID | None = None
    lane: str = "deliveries"
    params: Mapping[str, Any] = field(default_factory=dict)


class Gateway(Protocol):
    """What every message passes before it leaves (dispatch/gateway.py)."""

    def take(self, session: Session, notices: Sequence[Notice], *, now: datetime) -> None:
        """Write the deliveries of ``notices`` in the present transaction."""


class NoGateway(RuntimeError):
    """The application was wired without a gateway: a mistake of ours, loud at the first notice."""


_wired: list[Gateway] = []


def wire_gateway(gateway: Gateway) -> None:
    """Name the one gateway; called by the application's wiring."""
    _wired[:] = [gateway]


def announce(session: Session, notices: Sequence[Notice], *, now: datetime) -> None:
    """Have ``notices`` told, in the present transaction. Raises NoGateway."""
    if not _wired:
        raise NoGateway("wire_gateway was not called")
    if notices:
        _wired[0].take(session, notices, now=now)
