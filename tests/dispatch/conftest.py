"""What tests of the way out share: a wired gateway, a mailbox, a receiver, and a body with a desk."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backend.dispatch.deliveries import wire_dispatch
from backend.dispatch.models import Webhook
from backend.kernel.database import SYSTEM, act_as, insert_all
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring, Seal, record_key_table
from backend.kernel.versions import bump
from backend.settings import Settings
from tests.conftest import NOW
from tests.support.desks import make_desk, put_on_duty
from tests.support.people import make_organisation, make_person
from tests.support.smtp import Mailbox, smtp_server
from tests.support.webhooks import Receiver, webhook_receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A real SMTP server."""
    with smtp_server() as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real HTTP receiver."""
    with webhook_receiver() as made:
        yield made


@pytest.fixture
def settings(database_url: str, tmp_path: Path, mailbox: Mailbox) -> Settings:
    """Settings with e-mail by the mailbox's server, and webhooks to this machine."""
    return Settings.from_env(
        {}, second_factor="offered", database_url=database_url, data=tmp_path, pool_size=3, log_level="error", smtp_host="127.0.0.1",
        smtp_port=mailbox.port, smtp_from="Linli <linli@example.org>", webhook_private_targets=True,
        public_url="https://linli.example", timezone="Asia/Taipei",
    )  # fmt: skip


@pytest.fixture
def without_email(app: Flask) -> Flask:
    """The application as it is where no SMTP server is set."""
    app.extensions["linli"] = replace(
        app.extensions["linli"], settings=replace(app.extensions["linli"].settings, smtp_host="")
    )
    wire_dispatch(app)
    return app


@pytest.fixture
def ring(app: Flask) -> Keyring:
    """The keys outside the database."""
    found: Keyring = app.extensions["linli"].keyring
    return found


@dataclass(frozen=True, slots=True)
class Body:
    """A body with a desk, somebody on duty there and a deputy."""

    org: UUID
    desk: UUID
    first: UUID
    deputy: UUID


@pytest.fixture
def body(session: Session, ring: Keyring) -> Body:
    """See Body; the desk has an address of its own."""
    org = make_organisation(session, NOW)
    desk = make_desk(session, org, email="desk@example.org")
    first = make_person(session, ring, NOW, roles=["duty_officer"], org=org, email="first@example.org")
    deputy = make_person(session, ring, NOW, roles=["duty_officer"], org=org, email="deputy@example.org", language="zh")
    put_on_duty(session, desk, first, now=NOW)
    put_on_duty(session, desk, deputy, now=NOW, rank=1)
    return Body(org, desk, first, deputy)


def add_webhook(session: Session, ring: Keyring, org: UUID, url: str) -> UUID:
    """A webhook of ``org``; committed."""
    hook_id = new_id()
    seal = Seal.fresh(hook_id)
    row = {"id": hook_id, "org_id": org, "url": seal.close("url", url), "secret": seal.close("secret", SECRET),
           "created_at": NOW}  # fmt: skip
    table = Webhook.metadata.tables["webhook"]
    insert_all(session, {table: [row], record_key_table(): [seal.row(ring, NOW)]})
    bump(session, "webhooks")
    session.commit()
    act_as(session, SYSTEM)
    return hook_id
