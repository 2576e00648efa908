"""By what somebody can be reached, the services of desks, and tests that go the whole way of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from backend.dispatch.channels import switched_on
from backend.dispatch.gateway import DOWN, SEND, delivery_row, delivery_table, person_ways
from backend.dispatch.models import Delivery
from backend.dispatch.rules import CHANNEL_TEST, Verdict
from backend.kernel.database import insert_all, seeing_all
from backend.kernel.ids import new_id
from backend.kernel.jobs import defer_rows
from backend.kernel.journal import Fact, record
from backend.kernel.outbox import Notice
from backend.kernel.problems import NotFound, Refusal
from backend.kernel.sealed import Keyring, RecordKey, Seal
from backend.kernel.versions import bump
from backend.organisations.directory import DIRECTORY
from backend.organisations.models import DESK_WAYS, WAYS, Desk, DeskService, Person
from backend.settings import Settings

# A second press within this time, while the first is on its way, tells nothing new.
AGAIN_AFTER = timedelta(seconds=30)


class NoWayThere(Refusal):
    """The channel is off, or there is no address for it."""

    code, status = "no-way-there", 409
    title = {"en": "Nothing can be sent by this way", "zh": "无法通过此渠道发送"}
    advice = {"en": "Switch the channel on, or enter an address for it.", "zh": "请开通该渠道，或填写相应地址。"}


class TestUnderWay(Refusal):
    """A test of the same way was asked for a moment ago."""

    code, status = "test-under-way", 409
    title = {"en": "A test is on its way", "zh": "测试正在进行"}
    advice = {"en": "Wait for its result.", "zh": "请等待结果。"}


class UnknownService(Refusal):
    """The address is none that a desk's service can have."""

    code, status = "unknown-service", 422
    title = {"en": "This is no address of a service that is known", "zh": "不是已知服务的地址"}
    advice = {
        "en": "Write it as Apprise does, such as pover://user@token. What names a machine of its own is told by a webhook.",
        "zh": "请按Apprise格式填写，例如 pover://user@token。指向自有主机的，请使用Webhook。",
    }


@dataclass(frozen=True, slots=True)
class Way:
    """A channel for one addressee: switched on, with an address, at work, and whether letters came back."""

    channel: str
    on: bool
    has_address: bool
    down: bool = False
    bounced: bool = False


def ways_of_person(session: Session, person_id: UUID, *, settings: Settings) -> list[Way]:
    """By what a person can be reached. Raises NotFound."""
    facts = person_ways(session, person_id, on=frozenset(WAYS))
    person = session.get(Person, person_id)
    if facts is None or person is None:
        raise NotFound()
    on, down = switched_on(settings), DOWN.get(session)
    has = set(facts.reachable) | ({"email"} if person.email else set())
    bounced = person.email_bounced_at is not None
    return [Way(way, way in on, way in has, way in down, way == "email" and bounced) for way in WAYS]


def ways_of_desk(session: Session, desk_id: UUID, *, settings: Settings) -> list[Way]:
    """By what a desk as such can be reached. Raises NotFound."""
    entry, desk = DIRECTORY.get(session).desks.get(desk_id), session.get(Desk, desk_id)
    if entry is None or desk is None:
        raise NotFound()
    on, down = switched_on(settings), DOWN.get(session)
    has = {"telegram": entry.has_group, "email": bool(desk.email), "service": entry.has_service}
    return [
        Way(
            way,
            way in on,
            has[way],
            way in down or f"{way}:{desk_id}" in down,
            way == "email" and bool(desk.email_bounced_at),
        )
        for way in DESK_WAYS
    ]


def start_test(
    session: Session,
    way: Way,
    *,
    language: str,
    now: datetime,
    person_id: UUID | None = None,
    desk_id: UUID | None = None,
) -> UUID:
    """Send a test by one way, as any message goes; return its id. Raises NoWayThere, TestUnderWay."""
    if not (way.on and way.has_address):
        raise NoWayThere()
    told = {"person_id": person_id, "desk_id": desk_id}
    with seeing_all(session):
        lately = select(Delivery.id).filter_by(template=CHANNEL_TEST, channel=way.channel, state="waiting", **told)
        if session.scalar(lately.where(Delivery.created_at > now - AGAIN_AFTER).limit(1)):
            raise TestUnderWay()
        notice, verdict = Notice(CHANNEL_TEST, None), Verdict("waiting", None, now)
        row = delivery_row(notice, way.channel, verdict, language=language, now=now, **told)
        insert_all(session, {delivery_table(): [row]})
        defer_rows(session, [(SEND, row["id"], row["lane"], None)])
    test_id: UUID = row["id"]
    return test_id


def test_result(session: Session, test_id: UUID) -> Delivery:
    """The delivery of a test, as it stands now. Raises NotFound."""
    with seeing_all(session):
        found = session.get(Delivery, test_id, populate_existing=True)
    if found is None or found.template != CHANNEL_TEST:
        raise NotFound()
    return found


def put_service(
    session: Session, desk_id: UUID, url: str, *, ring: Keyring, allow_hosts: bool, now: datetime
) -> DeskService:
    """Tell a desk by a service from now on, in place of the one before. Raises NotFound, UnknownService."""
    from backend.dispatch.channels.apprise import ServiceRefused, kind_of, service_of

    desk = session.get(Desk, desk_id)
    if desk is None or desk.closed_at:
        raise NotFound()
    try:
        kind = kind_of(service_of(url, allow_hosts=allow_hosts))
    except ServiceRefused as refused:
        raise UnknownService() from refused
    _end(session, desk_id)
    seal = Seal.fresh(new_id())
    sealed = seal.close("service", url)
    assert sealed
    made = DeskService(id=seal.record_id, desk_id=desk_id, kind=kind, url=sealed, created_at=now)
    session.add_all((RecordKey(**seal.row(ring, now)), made))
    _note(session, desk, "DeskServicePut", {"kind": kind}, now=now)
    return made


def end_service(session: Session, desk_id: UUID, *, now: datetime) -> None:
    """Tell a desk by no service any more. Raises NotFound."""
    desk = session.get(Desk, desk_id)
    if desk is None or not _end(session, desk_id):
        raise NotFound()
    _note(session, desk, "DeskServiceEnded", {}, now=now)


def _end(session: Session, desk_id: UUID) -> bool:
    old = session.scalar(delete(DeskService).where(DeskService.desk_id == desk_id).returning(DeskService.id))
    if old:
        session.execute(delete(RecordKey).where(RecordKey.record_id == old))
    return old is not None


def _note(session: Session, desk: Desk, name: str, payload: Mapping[str, Any], *, now: datetime) -> None:
    bump(session, "organisations")
    record(session, f"organisation:{desk.org_id}", [Fact(name, {"desk_id": desk.id, **payload})], now=now)
