"""What a resident hears live: that something about their report has changed, and nothing more.

A resident's stream carries no content. It rings, and the page asks ``GET /api/v1/receipt`` as it would have done a
little later. So what a resident may know is decided in one place, a message that is lost costs a few seconds, and
whoever listens on the way learns nothing. The receipt comes in a header; only its keyed hash is kept here.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from sse_starlette import ServerSentEvent

from backend.incidents.models import Report
from backend.intake.receipts import normal_form, receipt_hash
from backend.intake.thread import TOLD, WrongReceipt
from backend.kernel.database import RESIDENT, act_as
from backend.kernel.sealed import Keyring
from backend.kernel.stream import Entry

K = TypeVar("K")
# What changes what the receipt shows. Notes, grades and rungs do not ring: they are no news to those who reported.
# The codes that end an alarm do not ring either: both are alike to whoever looks on.
FELT = frozenset(TOLD) | {
    "HelpAccepted", "IncidentMerged", "IncidentOffered", "IncidentSplit", "OfferSeen", "OwnershipMoved", "RecoveryBegan",
    "ReporterAnswered", "ReporterWithdrew", "ReporterWrote", "ReportsJoined", "ReportsLeft", "WaitingEnded",
}  # fmt: skip
MOST_OF_ONE = 8  # streams of one report at a time: a few phones and tabs
RETRY_MS = (2000, 5000)


@dataclass(eq=False, slots=True)
class Bell:
    """One open stream. ``closed`` is set when it must end: the report is gone."""

    receipt: bytes = field(repr=False)
    incident_id: UUID
    rings: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class ReceiptDoorman:
    """Says which incident a receipt belongs to, at the door and again while the stream is open."""

    def __init__(self, engine: Engine, ring: Keyring) -> None:
        self._engine, self._ring = engine, ring

    def look(self, receipts: Iterable[bytes]) -> Mapping[bytes, UUID]:
        """The incident of each receipt that still opens a report. Asks nothing when there is none."""
        wanted = list(receipts)
        if not wanted:
            return {}
        with Session(self._engine) as session:
            act_as(session, RESIDENT)
            query = select(Report.receipt_hash, Report.incident_id).where(Report.receipt_hash.in_(wanted))
            return {bytes(row.receipt_hash): row.incident_id for row in session.execute(query)}

    def admit(self, code: str | None) -> tuple[bytes, UUID]:
        """The keyed hash of a receipt, and its incident. Raises WrongReceipt."""
        if not code or not normal_form(code):
            raise WrongReceipt()
        hashed = receipt_hash(self._ring, code)
        found = self.look([hashed]).get(hashed)
        if found is None:
            raise WrongReceipt()
        return hashed, found


class Bells:
    """The open streams of residents, by incident. All of it happens on the event loop."""

    def __init__(self) -> None:
        self._by_incident: defaultdict[UUID, set[Bell]] = defaultdict(set)
        self._by_receipt: defaultdict[bytes, set[Bell]] = defaultdict(set)

    @property
    def receipts(self) -> list[bytes]:
        """The receipts whose streams are open."""
        return list(self._by_receipt)

    def has_room_for(self, receipt: bytes) -> bool:
        """Whether one more stream of this report may open."""
        return len(self._by_receipt.get(receipt, ())) < MOST_OF_ONE

    def hang(self, bell: Bell) -> None:
        """A stream has begun."""
        self._by_receipt[bell.receipt].add(bell)
        self._by_incident[bell.incident_id].add(bell)

    def take_down(self, bell: Bell) -> None:
        """A stream has ended."""
        _remove(self._by_receipt, bell.receipt, bell)
        _remove(self._by_incident, bell.incident_id, bell)

    def ring(self, entries: Sequence[Entry]) -> None:
        """Ring for those whose incident something was felt of; many at once ring once."""
        for entry in entries:
            if entry.type in FELT:
                for bell in self._by_incident.get(entry.incident_id, ()):
                    bell.rings.set()

    def rehang(self, asked: Iterable[bytes], found: Mapping[bytes, UUID]) -> None:
        """Follow the reports that were asked about to where they belong now; end the streams of those that are gone."""
        for bell in [bell for receipt in asked for bell in self._by_receipt.get(receipt, ())]:
            now = found.get(bell.receipt)
            if now is None:
                bell.closed.set()
            elif now != bell.incident_id:
                self.take_down(bell)
                bell.incident_id = now
                self.hang(bell)
                bell.rings.set()


def _remove(bells: defaultdict[K, set[Bell]], key: K, bell: Bell) -> None:
    bells[key].discard(bell)
    if not bells[key]:
        del bells[key]


async def rung(bells: Bells, bell: Bell, *, beat_s: float) -> AsyncIterator[ServerSentEvent | bytes]:
    """The messages of one stream: ``open`` at once, ``changed`` at each ring, a beat when it is quiet."""
    bells.hang(bell)
    try:
        yield ServerSentEvent("{}", event="open", retry=random.randint(*RETRY_MS), sep="\n")
        while True:
            try:
                await asyncio.wait_for(bell.rings.wait(), beat_s)
            except TimeoutError:
                yield ServerSentEvent(comment="quiet", sep="\n")
            else:
                bell.rings.clear()
                yield ServerSentEvent("{}", event="changed", sep="\n")
    finally:
        bells.take_down(bell)
