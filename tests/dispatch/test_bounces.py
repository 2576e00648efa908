"""Letters that come back end their delivery, close the address, and go on by the next channel."""

from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.dispatch.bounces import Report, read_report, take_report
from backend.dispatch.models import Delivery, DeliveryAttempt
from backend.kernel.database import SYSTEM, act_as
from backend.kernel.outbox import Notice, announce
from backend.organisations.models import Desk, Person
from tests.conftest import NOW
from tests.dispatch.conftest import Body
from tests.support.incidents import open_incident
from tests.support.jobs import run_jobs
from tests.support.smtp import Mailbox


def report_of(letter: EmailMessage, *, action: str = "failed", status: str = "5.1.1", whole: bool = True) -> bytes:
    """What a mail server sends back, with the whole letter or its headers alone."""
    returned = letter.as_string() if whole else "".join(f"{name}: {value}\n" for name, value in letter.items())
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    return (
        "From: MAILER-DAEMON@mx.example.org\nTo: linli@example.org\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry.\n\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; first@example.org\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 5.1.1 nobody\n\n"
        f"--b\nContent-Type: {kind}\n\n{returned}\n\n--b--\n"
    ).encode()


@pytest.fixture
def letter(app: Flask, session: Session, body: Body, mailbox: Mailbox) -> EmailMessage:
    """A letter about an SOS that was handed over."""
    incident = open_incident(session, NOW)
    announce(session, [Notice("offer_made", incident, person_id=body.first, lane="sos")], now=NOW)
    session.commit()
    act_as(session, SYSTEM)
    run_jobs(app)
    return mailbox.letters[0]


def state(session: Session, letter: EmailMessage) -> Delivery:
    session.commit()
    act_as(session, SYSTEM)
    found = session.get(Delivery, UUID(letter["Message-ID"].strip("<>").partition("@")[0]), populate_existing=True)
    assert found is not None
    return found


@pytest.mark.parametrize("whole", [True, False])
def test_a_letter_that_came_back_is_no_longer_called_sent_and_its_address_is_closed(
    app: Flask, session: Session, body: Body, letter: EmailMessage, whole: bool
) -> None:
    report = read_report(report_of(letter, whole=whole))
    assert report is not None
    assert take_report(app, session, report, now=NOW) == "failed"
    ended = state(session, letter)
    assert (ended.state, ended.outcome) == ("failed", "bounced")
    codes = session.scalars(select(DeliveryAttempt.code).filter_by(delivery_id=ended.id).order_by(DeliveryAttempt.id))
    assert list(codes) == ["250", "bounced 5.1.1"]
    person = session.get(Person, body.first, populate_existing=True)
    assert person is not None
    assert person.email_bounced_at == NOW
    announce(session, [Notice("help_done", None, person_id=body.first)], now=NOW)
    told = session.scalars(select(Delivery.channel).filter_by(person_id=body.first, template="help_done"))
    assert list(told) == ["in_app"]


def test_an_sos_that_came_back_is_said_to_the_last_desk(app: Flask, session: Session, letter: EmailMessage) -> None:
    report = read_report(report_of(letter))
    assert report is not None
    take_report(app, session, report, now=NOW)
    assert "sos_not_told" in session.scalars(select(Delivery.template)).all()


def test_the_same_report_again_does_nothing(app: Flask, session: Session, letter: EmailMessage) -> None:
    report = read_report(report_of(letter))
    assert report is not None
    done = [take_report(app, session, report, now=NOW) for _ in range(2)]
    assert done == ["failed", "nothing"]


@pytest.mark.parametrize(
    "action, status, done, closed",
    [
        ("delayed", "4.4.7", "nothing", False), ("failed", "5.2.2", "failed", False), ("failed", "5.2.1", "failed", True),
        ("delivered", "2.0.0", "delivered", False), ("relayed", "2.0.0", "nothing", False),
    ],
)  # fmt: skip
def test_what_a_report_means(  # noqa: PLR0917 - what is drawn
    app: Flask, session: Session, body: Body, letter: EmailMessage, action: str, status: str, done: str, closed: bool
) -> None:
    report = read_report(report_of(letter, action=action, status=status))
    assert report is not None
    assert take_report(app, session, report, now=NOW) == done
    person = session.get(Person, body.first, populate_existing=True)
    assert person is not None
    assert (person.email_bounced_at is not None) is closed


def test_an_address_that_is_entered_anew_is_written_to_again(session: Session, body: Body) -> None:
    desk = session.get(Desk, body.desk)
    assert desk is not None
    desk.email_bounced_at = NOW
    session.flush()
    from backend.organisations.actions.desks import update_desk

    update_desk(session, body.desk, {"email": "new@example.org"}, zone="UTC", now=NOW)
    assert desk.email_bounced_at is None


@pytest.mark.parametrize("raw", [b"", b"Subject: hello\n\nwords", b"Content-Type: multipart/report\n\n", b"\xff\x00"])
def test_what_is_no_report_is_left_alone(raw: bytes) -> None:
    assert read_report(raw) is None


def test_a_report_about_a_letter_that_is_not_ours_does_nothing(app: Flask, session: Session) -> None:
    assert take_report(app, session, Report(uuid4(), "failed", "5.1.1"), now=NOW) == "nothing"
