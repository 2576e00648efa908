"""A claimed delivery with all that sending it needs: whom, by what address, in which words, and whether it may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from backend.dispatch.channels import Button, Message, switched_on
from backend.dispatch.gateway import PersonFacts, people_of
from backend.dispatch.models import OPEN_OFFER_STATES
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
from backend.dispatch.wording import DIGEST, FOR_RESIDENTS, FOR_RESIDENTS_IN_CHAT, link_of, words_of
from backend.incidents.ownership import chain_in
from backend.kernel.languages import say
from backend.kernel.sealed import Keyring, RecordKey, Unreadable, unwrap
from backend.organisations.hours import Hours
from backend.policy.cache import quiet_hours_at
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
    # Others to the same group that are told of in one message with this one, and when the group may be written to.
    mates: "tuple[Parcel, ...]" = ()
    not_before: datetime | None = None

    @property
    def is_to_group(self) -> bool:
        """Whether it goes to the group of a desk."""
        return self.channel == "telegram" and not self.person_id and not self.report_id


@dataclass(frozen=True, slots=True)
class Addressed:
    """Where a parcel goes, opened for this one send and never stored."""

    address: str | None = field(default=None, repr=False)
    secret: str = field(default="", repr=False)
    contact: Contact | None = field(default=None, repr=False)
    safe: SafeContact | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Around:
    """What of incident, offer and addressee matters to a message; what is sealed is opened when it leaves."""

    number: int | None
    grade: int | None
    exercise: bool
    safe_mode: bool
    zone: str
    offer_state: str | None
    quiet: Hours
    desk_email: str | None = field(repr=False)
    has_ended: bool
    link_id: UUID | None
    key_id: str | None
    wrapped: bytes | None = field(repr=False)
    sealed: Mapping[str, bytes | None] = field(repr=False)
    person: PersonFacts | None
    service_id: UUID | None = None


_AROUND = text(
    "SELECT d.id, i.number, i.grade, i.exercise_id IS NOT NULL AS exercise, coalesce(i.safe_mode, false) AS safe_mode, t.id AS service_id,"
    " i.area_id, i.area_ids, coalesce(a.timezone, :zone) AS zone, o.state AS offer_state, k.email AS desk_email,"
    " w.ended_at IS NOT NULL AS has_ended, c.id AS link_id, s.key_id, s.wrapped, w.url, w.secret, c.chat, p.email,"
    " r.contact, r.safe_contact, r.push, p.phone, t.url AS service"
    " FROM delivery d LEFT JOIN incident i ON i.id = d.incident_id LEFT JOIN area a ON a.id = i.area_id"
    " LEFT JOIN offer o ON o.id = d.offer_id LEFT JOIN webhook w ON w.id = d.webhook_id"
    " LEFT JOIN person p ON p.id = d.person_id AND d.channel <> 'telegram' LEFT JOIN report r ON r.id = d.report_id"
    " LEFT JOIN desk k ON k.id = d.desk_id LEFT JOIN chat_link c ON d.channel = 'telegram' AND d.report_id IS NULL"
    " AND (c.person_id = d.person_id OR d.person_id IS NULL AND c.desk_id = d.desk_id)"
    " LEFT JOIN desk_service t ON d.channel = 'service' AND t.desk_id = d.desk_id"
    " LEFT JOIN record_key s ON s.record_id = coalesce(d.webhook_id, c.id, t.id, d.person_id, d.report_id)"
    " WHERE d.id = ANY(:ids)"
)
_SEALED = ("url", "secret", "chat", "email", "contact", "safe_contact", "push", "phone", "service")


def look_around(
    session: Session, parcels: Sequence[Parcel], *, settings: Settings, now: datetime
) -> Mapping[UUID, Around | Exception]:
    """What matters to the messages of ``parcels``, in one statement, and one more where people are told as such.

    What cannot be made out for one of them stands in its place: it is a fault of that one alone.
    """
    people = _people_of(session, parcels, now=now)
    found: dict[UUID, Around | Exception] = {}
    for row in session.execute(_AROUND, {"ids": [parcel.id for parcel in parcels], "zone": settings.timezone}):
        try:
            found[row.id] = _around(session, row, people.get(row.id), now=now)
        except Exception as error:  # noqa: BLE001 - raised again where this one is sent
            found[row.id] = error
    return found


def _around(session: Session, row: Row[Any], person: PersonFacts | None, *, now: datetime) -> Around:
    sealed = {name: getattr(row, name) for name in _SEALED}
    return Around(
        row.number, row.grade, row.exercise, row.safe_mode, row.zone, row.offer_state,
        quiet_hours_at(session, chain_in(row.area_ids or (), row.area_id), now=now),
        row.desk_email, row.has_ended, row.link_id, row.key_id, row.wrapped, sealed, person, row.service_id,
    )  # fmt: skip


def _people_of(session: Session, parcels: Sequence[Parcel], *, now: datetime) -> Mapping[UUID, PersonFacts]:
    """Who is told as a person rather than at a desk, by parcel: of one person as a volunteer here, as staff there."""
    found: dict[UUID, PersonFacts] = {}
    for as_volunteer in (True, False):
        told = {
            parcel.id: parcel.person_id
            for parcel in parcels
            if parcel.person_id and not parcel.desk_id and (parcel.template in TO_VOLUNTEERS) is as_volunteer
        }
        people = list({*told.values()})
        facts = people_of(session, people, asked=frozenset(people if as_volunteer else ()), now=now)
        found |= {parcel_id: facts[person_id] for parcel_id, person_id in told.items()}
    return found


def make_ready(
    parcel: Parcel, around: Around, *, ring: Keyring, settings: Settings, now: datetime
) -> Message | Verdict:
    """The message of ``parcel``, or the verdict why it does not go (``failed`` when its channel cannot carry it)."""
    if parcel.channel not in switched_on(settings):
        return Verdict("failed", "channel-off", now)
    if parcel.attempts > most_tries(parcel.lane):
        return Verdict("failed", "gave-up", now)  # workers died over it
    about_offer = parcel.offer_id and parcel.template in ABOUT_OPEN_OFFERS
    if about_offer and around.offer_state not in OPEN_OFFER_STATES:
        return Verdict("not_sent", "overtaken", now)
    try:
        addressed = _address_of(parcel, around, ring)
    except Unreadable:
        return Verdict("not_sent", "erased", now)
    verdict = judge(_envelope(parcel, around, addressed), SENDING, now=now)
    if verdict.state != "waiting":
        return verdict
    if addressed.address is None:
        return Verdict("failed", "no-address", now)
    return _message(parcel, around, addressed, settings=settings, now=now)


def _address_of(parcel: Parcel, around: Around, ring: Keyring) -> Addressed:
    """Open the address. Raises Unreadable where its key was erased."""
    if parcel.channel == "in_app":
        return Addressed("")
    owner = parcel.webhook_id or around.link_id or around.service_id or parcel.person_id or parcel.report_id
    if owner is None:
        return Addressed(around.desk_email if parcel.channel == "email" else None)
    opened = _opened(owner, around, ring)
    if around.link_id:
        return Addressed(opened["chat"])
    if parcel.webhook_id:
        return Addressed(None if around.has_ended else opened["url"], opened["secret"])
    if around.service_id:
        return Addressed(opened["service"])
    if parcel.person_id:
        return Addressed(opened["phone" if parcel.channel == "sms" else "email"])
    if parcel.channel == "push":
        # A phone that was subscribed, by a tap, is the consent to push to it.
        return Addressed(opened["push"], contact=Contact(consents=True), safe=safe_contact_of(opened["safe_contact"]))
    contact = contact_of(opened["contact"])
    address = contact.telegram if parcel.channel == "telegram" else contact.email
    return Addressed(address, contact=contact, safe=safe_contact_of(opened["safe_contact"]))


def _opened(owner: UUID, around: Around, ring: Keyring) -> Mapping[str, Any]:
    """What is sealed under the key of ``owner``."""
    if around.key_id is None or around.wrapped is None:
        raise Unreadable(f"key of {owner}")
    seal = unwrap(ring, RecordKey(record_id=owner, key_id=around.key_id, wrapped=around.wrapped))
    return {name: seal.open(name, value) for name, value in around.sealed.items()}


def _envelope(parcel: Parcel, around: Around, addressed: Addressed) -> Envelope:
    person = around.person or PersonFacts()
    return Envelope(
        parcel.template,
        parcel.channel,
        Audience.RESIDENT if parcel.report_id else person.audience,
        lane=parcel.lane,
        grade=around.grade,
        zone=person.zone or around.zone,
        quiet=around.quiet,
        own_quiet=None if parcel.desk_id else person.own_quiet,
        exercise=around.exercise,
        nights=person.nights,
        contact=addressed.contact,
        safe=addressed.safe,
        safe_mode=around.safe_mode,
    )


def _message(parcel: Parcel, around: Around, addressed: Addressed, *, settings: Settings, now: datetime) -> Message:
    is_resident, in_chat = parcel.report_id is not None, parcel.channel == "telegram"
    params = {"number": around.number} | dict(parcel.params)
    link = link_of(settings.url, incident_id=parcel.incident_id, offer_id=parcel.offer_id, is_resident=is_resident)
    buttons = _buttons(parcel, link, settings) if in_chat else ()
    template = (FOR_RESIDENTS_IN_CHAT if in_chat else FOR_RESIDENTS) if is_resident else parcel.template
    words = words_of(
        template, params, parcel.language, zone=around.zone, link="" if buttons else link,
        code_word=(addressed.safe and addressed.safe.code_word) or "",
    )  # fmt: skip
    payload = {
        "type": parcel.template,
        "timestamp": parcel.created_at.isoformat(),
        "data": {"incident_id": parcel.incident_id, "offer_id": parcel.offer_id, "url": link, **params},
    }
    return Message(
        parcel.id, addressed.address or "", words.subject, words.body, parcel.language, now, payload, addressed.secret,
        lane=parcel.lane, buttons=buttons,
    )  # fmt: skip


def _buttons(parcel: Parcel, link: str, settings: Settings) -> tuple[Button, ...]:
    """What can be done from the chat itself. Codes and ids only: a chat is no place for what it is about."""

    def label(name: str) -> str:
        return say(f"chat.button.{name}", parcel.language)

    if parcel.report_id:
        return (Button(label("news"), data="news"),)
    is_asked = parcel.person_id and parcel.offer_id and parcel.template in ABOUT_OPEN_OFFERS
    answers = ("seen", "accept", "decline") if is_asked else ()
    asked = tuple(Button(label(name), data=f"offer:{parcel.offer_id}:{name}") for name in answers)
    opens = (Button(label("open"), url=link),) if _can_be_opened(link, settings) else ()
    return asked if parcel.template in TO_VOLUNTEERS and is_asked else (*asked, *opens)


def _can_be_opened(link: str, settings: Settings) -> bool:
    # Telegram refuses buttons to addresses that are not of the internet; then the text says the address.
    return link.startswith("https://") or not settings.telegram_api.startswith("https://")


def digest_of(messages: Sequence[Message], *, settings: Settings) -> Message:
    """One message in place of several to the same group: how many there are, and where they are found."""
    first, link = messages[0], f"{settings.url}/console"
    opens = (Button(say("chat.button.open", first.language), url=link),) if _can_be_opened(link, settings) else ()
    words = words_of(DIGEST, {"count": len(messages)}, first.language, link="" if opens else link)
    return replace(first, subject=words.subject, body=words.body, buttons=opens)
