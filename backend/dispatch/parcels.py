"""A claimed delivery with all that sending it needs: whom, by what address, in which words, and whether it may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.dispatch.channels import Message, switched_on
from backend.dispatch.gateway import PersonFacts, people_of
from backend.dispatch.models import OPEN_OFFER_STATES, Webhook
from backend.dispatch.rules import (
    ABOUT_OPEN_OFFERS,
    SENDING,
    TO_VOLUNTEERS,
    Audience,
    Contact,
    Envelope,
    SafeContact,
    Verdict,
    contact_of,
    judge,
    most_tries,
    safe_contact_of,
)
from backend.dispatch.wording import FOR_RESIDENTS, link_of, words_of
from backend.incidents.models import Report
from backend.kernel.sealed import Keyring, Unreadable, seal_of
from backend.organisations.models import Desk, Person
from backend.settings import Settings


@dataclass(frozen=True, slots=True)
class Parcel:
    """One delivery in the hands of one worker, which holds it while ``fence`` is the row's."""

    id: UUID
    fence: int
    attempts: int
    channel: str
    lane: str
    template: str
    created_at: datetime
    incident_id: UUID | None
    report_id: UUID | None
    offer_id: UUID | None
    person_id: UUID | None
    desk_id: UUID | None
    webhook_id: UUID | None
    params: Mapping[str, Any]
    language: str


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a parcel goes, opened for this one send and never stored."""

    address: str | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)
    contact: Contact | None = field(default=None, repr=False)
    safe: SafeContact | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Around:
    """What of the incident and the offer matters to a message."""

    number: int | None
    grade: int | None
    exercise: bool
    safe_mode: bool
    zone: str
    offer_state: str | None


_AROUND = text(
    "SELECT i.number, i.grade, i.exercise_id IS NOT NULL AS exercise, coalesce(i.safe_mode, false) AS safe_mode,"
    " coalesce(a.timezone, :zone) AS zone, o.state AS offer_state FROM (SELECT 1) AS one"
    " LEFT JOIN incident i ON i.id = :incident LEFT JOIN area a ON a.id = i.area_id"
    " LEFT JOIN offer o ON o.id = :offer"
)


def make_ready(
    session: Session, parcel: Parcel, *, ring: Keyring, settings: Settings, now: datetime
) -> Message | Verdict:
    """The message of ``parcel``, or the verdict why it does not go (``failed`` when its channel cannot carry it)."""
    if parcel.channel not in switched_on(settings):
        return Verdict("failed", "channel-off", now)
    if parcel.attempts > most_tries(parcel.lane):
        return Verdict("failed", "gave-up", now)  # workers died over it
    values = {"incident": parcel.incident_id, "offer": parcel.offer_id, "zone": settings.timezone}
    around = Around(*session.execute(_AROUND, values).one())
    about_offer = parcel.offer_id and parcel.template in ABOUT_OPEN_OFFERS
    if about_offer and around.offer_state not in OPEN_OFFER_STATES:
        return Verdict("not_sent", "overtaken", now)
    try:
        addressed = _address_of(session, parcel, ring)
    except Unreadable:
        return Verdict("not_sent", "erased", now)
    verdict = judge(_envelope(session, parcel, around, addressed, now=now), SENDING, now=now)
    if verdict.state != "waiting":
        return verdict
    if addressed.address is None:
        return Verdict("failed", "no-address", now)
    return _message(parcel, around, addressed, url=settings.url, now=now)


def _address_of(session: Session, parcel: Parcel, ring: Keyring) -> Addressed:
    """Open the address. Raises Unreadable where its key was erased."""
    if parcel.channel == "in_app":
        return Addressed("")
    if parcel.webhook_id:
        hook = session.get_one(Webhook, parcel.webhook_id)
        seal = seal_of(session, ring, hook.id)
        ended = hook.ended_at is not None
        return Addressed(None if ended else seal.open("url", hook.url), seal.open("secret", hook.secret))
    if parcel.person_id:
        person = session.get_one(Person, parcel.person_id)
        return Addressed(seal_of(session, ring, person.id).open("email", person.email))
    if parcel.report_id:
        return _reporter(session, parcel.report_id, ring)
    desk = session.get_one(Desk, parcel.desk_id)
    return Addressed(desk.email)


def _reporter(session: Session, report_id: UUID, ring: Keyring) -> Addressed:
    report = session.get_one(Report, report_id)
    seal = seal_of(session, ring, report.id)
    contact = contact_of(seal.open("contact", report.contact))
    safe = safe_contact_of(seal.open("safe_contact", report.safe_contact))
    return Addressed(contact.email, contact=contact, safe=safe)


def _envelope(session: Session, parcel: Parcel, around: Around, addressed: Addressed, *, now: datetime) -> Envelope:
    person = PersonFacts()
    if parcel.person_id and not parcel.desk_id:
        asked = frozenset({parcel.person_id} if parcel.template in TO_VOLUNTEERS else ())
        person = people_of(session, [parcel.person_id], asked=asked, now=now)[parcel.person_id]
    return Envelope(
        parcel.template,
        parcel.channel,
        Audience.RESIDENT if parcel.report_id else person.audience,
        lane=parcel.lane,
        grade=around.grade,
        zone=person.zone or around.zone,
        exercise=around.exercise,
        nights=person.nights,
        contact=addressed.contact,
        safe=addressed.safe,
        safe_mode=around.safe_mode,
    )


def _message(parcel: Parcel, around: Around, addressed: Addressed, *, url: str, now: datetime) -> Message:
    is_resident = parcel.report_id is not None
    params = {"number": around.number} | dict(parcel.params)
    link = link_of(url, incident_id=parcel.incident_id, offer_id=parcel.offer_id, is_resident=is_resident)
    words = words_of(
        FOR_RESIDENTS if is_resident else parcel.template, params, parcel.language, zone=around.zone, link=link,
        code_word=(addressed.safe and addressed.safe.code_word) or "",
    )  # fmt: skip
    payload = {
        "type": parcel.template,
        "timestamp": parcel.created_at.isoformat(),
        "data": {"incident_id": parcel.incident_id, "offer_id": parcel.offer_id, "url": link, **params},
    }
    return Message(
        parcel.id, addressed.address or "", words.subject, words.body, parcel.language, now, payload, addressed.secret
    )
