"""An SOS that nobody has seen goes by the next channel within the minute; one that reached nobody calls people."""

from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.dispatch.deliveries import mark_seen, sweep, wire_dispatch
from backend.dispatch.models import Delivery
from backend.dispatch.rules import SOS_UNSEEN_S
from backend.dispatch.unseen import tell_unseen
from backend.incidents.models import Incident
from backend.kernel.clock import MovableClock
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.outbox import Notice, announce
from backend.kernel.sealed import Keyring, seal_of
from backend.organisations.directory import Owner
from backend.organisations.models import Person
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.incidents import open_incident
from tests.support.jobs import run_jobs
from tests.support.smtp import Mailbox
from tests.support.webhooks import Receiver


@pytest.fixture
def texting(app: Flask, receiver: Receiver) -> Receiver:
    """The application with text messages by a service on this machine."""
    url = receiver.url.replace("http://", "json://") + "/{to}"
    carried = app.extensions["linli"]
    app.extensions["linli"] = replace(carried, settings=replace(carried.settings, apprise_url=url))
    wire_dispatch(app)
    return receiver


@pytest.fixture
def owned(session: Session, ring: Keyring, body: Body) -> UUID:
    """An incident of the desk; whoever is first there has a phone."""
    person = session.get(Person, body.first)
    assert person is not None
    person.phone = seal_of(session, ring, body.first).close("phone", "+15550100")
    made = open_incident(session, NOW, owner=Owner(body.org, body.desk, body.first))
    commit(session)
    return made


def commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)


def tell(app: Flask, session: Session, incident: UUID, person: UUID, lane: str = "sos") -> None:
    announce(session, [Notice("report_received_desk", incident, person_id=person, lane=lane)], now=NOW)
    commit(session)
    run_jobs(app)


def by_text(session: Session) -> list[str]:
    commit(session)
    return list(session.scalars(select(Delivery.state).filter_by(channel="sms")))


def test_an_sos_that_nobody_has_seen_goes_as_a_text_message_within_the_minute(
    app: Flask, session: Session, body: Body, owned: UUID, texting: Receiver, clock: MovableClock
) -> None:
    tell(app, session, owned, body.first)
    clock.advance(seconds=SOS_UNSEEN_S - 1)
    assert tell_unseen(app) == 0
    clock.advance(seconds=1)
    assert tell_unseen(app) == 1
    run_jobs(app)
    assert by_text(session) == ["handed_over"]
    assert len(texting.calls) == 1
    assert tell_unseen(app) == 0
    assert SOS_UNSEEN_S < 60


@pytest.mark.parametrize("known", ["seen", "acknowledged", "closed", "not an SOS", "exercise"])
def test_where_somebody_knows_nobody_else_is_called(
    app: Flask, session: Session, body: Body, owned: UUID, texting: Receiver, clock: MovableClock, known: str
) -> None:
    tell(app, session, owned, body.first, lane="deliveries" if known == "not an SOS" else "sos")
    clock.advance(seconds=SOS_UNSEEN_S)
    if known == "seen":
        ids = session.scalars(select(Delivery.id).filter_by(channel="in_app")).all()
        assert mark_seen(session, ids, person_id=body.first, now=clock.now()) == 1
    elif known == "acknowledged":
        session.execute(update(Incident).values(acknowledged_at=clock.now()))
    elif known == "closed":
        session.execute(update(Incident).values(closed_at=clock.now(), state="closed"))
    elif known == "exercise":
        session.execute(update(Delivery).values(incident_id=None, lane="bulk"))
    commit(session)
    assert tell_unseen(app) == 0


def test_without_text_messages_nothing_is_looked_for(app: Flask, session: Session, body: Body, owned: UUID) -> None:
    tell(app, session, owned, body.first)
    assert tell_unseen(app) == 0


def test_an_sos_whose_letter_fails_goes_on_as_a_text_message(
    app: Flask, session: Session, body: Body, owned: UUID, texting: Receiver, mailbox: Mailbox
) -> None:
    mailbox.replies.append("550 nobody here")
    tell(app, session, owned, body.first)
    run_jobs(app)
    assert by_text(session) == ["handed_over"]


def test_a_dead_letter_after_five_tries_calls_the_desk_and_the_last_desk_once(
    app: Flask, session: Session, body: Body, owned: UUID, mailbox: Mailbox, clock: MovableClock
) -> None:
    mailbox.replies.extend(["451 later"] * 10)
    for person in (body.first, body.deputy):
        announce(session, [Notice("report_received_desk", owned, person_id=person, lane="sos")], now=NOW)
    commit(session)
    for wait_s in (0, 1, 2, 4, 8):
        clock.advance(seconds=wait_s)
        sweep(app)
        run_jobs(app)
    commit(session)
    failed = session.scalars(select(Delivery.attempts).filter_by(template="report_received_desk", state="failed")).all()
    assert list(failed) == [5, 5]
    paged = set(session.execute(select(Delivery.person_id, Delivery.channel).filter_by(template="sos_not_told")).all())
    called = {(body.first, "in_app"), (body.first, "email"), (body.deputy, "in_app"), (body.deputy, "email")}
    assert called <= {(person, channel) for person, channel in paged}
    assert len(session.scalars(select(Delivery.id).filter_by(template="sos_not_told", person_id=body.first)).all()) == 2
