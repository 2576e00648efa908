"""A request as its sender follows it: by the id that its answer gave, at once and exactly, without words or place.

What became private meanwhile, or was never a matter of the street, says no more than the sender already knew: the
same as of a request that nobody has looked at yet.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.incidents.models import Incident, IncidentClock, Report
from backend.intake.open311.reading import Reader, is_quiet, request_of
from backend.intake.open311.sending import CHANNEL
from backend.intake.thread import TOLD
from backend.kernel.journal import Event, incident_stream
from backend.kernel.languages import pick, say
from backend.organisations.directory import DIRECTORY

# That it was sorted is left out: a rule does that at once for some and not for others.
NOTED = {type_: what for type_, what in TOLD.items() if type_ != "IncidentTriaged"}


@dataclass(frozen=True, slots=True)
class Own:
    """A request with what its status is read from."""

    report: Report
    incident: Incident
    is_quiet: bool
    last: Event | None
    clocks: tuple[IncidentClock, ...]

    @property
    def is_closed(self) -> bool:
        """Whether it is over for its sender."""
        return bool(self.report.withdrawn_at) or (bool(self.incident.closed_at) and not self.is_quiet)

    @property
    def noted(self) -> tuple[str, datetime]:
        """What happened last that its sender may know, and when: a reading of the journal."""
        if self.report.withdrawn_at:
            return "withdrawn", self.report.withdrawn_at
        if self.is_quiet or self.last is None:
            return "received", self.report.received_at
        return NOTED[self.last.type], max(self.last.at, self.report.received_at)

    @property
    def expected_at(self) -> datetime | None:
        """When it is to be solved: what its clock says; the first one where no more is told."""
        if self.is_closed:
            return None
        first = self.clocks[:1] if self.is_quiet else ()
        running = (clock for clock in self.clocks if clock.state == "running")
        return next((clock.due_at for clock in (*first, *running)), None)


def own_requests(reader: Reader, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Those of ``ids`` that were given out here, by their id. Three statements at most."""
    return {one.report.id: _shown(reader, one) for one in _found(reader.session, ids, reader.services)}


def _found(session: Session, ids: Collection[UUID], services: Collection[str]) -> list[Own]:
    rows = session.execute(
        select(Report, Incident, is_quiet(services))
        .join(Incident, Incident.id == Report.incident_id)
        .where(Report.id.in_(ids), Report.channel == CHANNEL)
    ).all()
    if not rows:
        return []
    incidents = [row.Incident.id for row in rows]
    events = session.scalars(
        select(Event)
        .where(Event.stream.in_([incident_stream(one) for one in incidents]), Event.type.in_(NOTED))
        .order_by(Event.stream_seq)
    )
    last = {event.stream: event for event in events}
    clocks = session.scalars(
        select(IncidentClock)
        .where(IncidentClock.incident_id.in_(incidents), IncidentClock.kind == "resolve")
        .order_by(IncidentClock.started_at)
    ).all()
    return [
        Own(
            report, incident, quiet, last.get(incident_stream(incident.id)),
            tuple(clock for clock in clocks if clock.incident_id == incident.id),
        )
        for report, incident, quiet in rows
    ]  # fmt: skip


def _shown(reader: Reader, one: Own) -> dict[str, Any]:
    report, incident, language = one.report, one.incident, reader.language
    code = (report.category if one.is_quiet else incident.category) or ""
    name = pick(reader.services[code].label, language) if code in reader.services else None
    agency = DIRECTORY.get(reader.session).label(incident.owner_org_id, incident.owner_desk_id)
    noted, at = one.noted
    return request_of(
        service_request_id=str(report.id),
        status="closed" if one.is_closed else "open",
        status_notes=say(f"told.{noted}", language),
        service_name=name,
        service_code=code,
        agency_responsible=report.acknowledgement["owner"]["label"] if one.is_quiet else pick(agency, language),
        requested_datetime=report.received_at,
        updated_datetime=at,
        expected_datetime=one.expected_at,
    )
