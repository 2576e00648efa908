"""People for tests: a person with roles in a body, an account where one is wanted, and a session over HTTP.

What is made here is committed, and the given session then acts for the system again. A request of the
test client inside the ``session`` fixture shares that session: call ``act_as(session, SYSTEM)`` to
read on after one.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as, insert_all
from backend.kernel.ids import new_id
from backend.kernel.sealed import Keyring, Seal, record_key_table
from backend.organisations.models import Organisation, Person, RoleAssignment
from backend.trust.actions import create_account

PASSWORD = "nine small lanterns"


def make_organisation(
    session: Session,
    now: datetime,
    *,
    name: str = "River Town Council",
    kind: str = "government",
    methods: Iterable[str] = ("administrative",),
    neutrality: str = "neutral",
    status: str = "active",
) -> UUID:
    """A body."""
    body = Organisation(
        id=new_id(),
        kind=kind,
        name=name,
        names={"en": name, "zh": name},
        purpose="Invented for a test",
        neutrality=neutrality,
        resource_modes=["public_budget"],
        methods=list(methods),
        status=status,
        created_at=now,
    )
    session.add(body)
    _commit(session)
    return body.id


def make_person(
    session: Session,
    keyring: Keyring,
    now: datetime,
    *,
    roles: Iterable[str],
    org: UUID,
    area: int | None = None,
    login: str | None = None,
    password: str = PASSWORD,
    name: str = "Lin Example",
    email: str | None = None,
    phone: str | None = None,
    language: str = "en",
) -> UUID:
    """A person with ``roles`` in ``org``, everywhere or in ``area``; one with a ``login`` can sign in."""
    person_id = new_id()
    seal = Seal.fresh(person_id)
    session.add(
        Person(
            id=person_id,
            name=seal.close("name", name),
            email=seal.close("email", email),
            phone=seal.close("phone", phone),
            language=language,
            created_at=now,
        )
    )
    session.flush()
    insert_all(session, {record_key_table(): [seal.row(keyring, now)]})
    since = now - timedelta(days=1)
    session.add_all(
        RoleAssignment(id=new_id(), person_id=person_id, org_id=org, area_id=area, role=role, since=since)
        for role in roles
    )
    if login:
        create_account(session, person_id=person_id, login=login, password=password, now=now)
    _commit(session)
    return person_id


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> dict[str, str]:
    """Sign in over HTTP and return the headers that carry the session."""
    answer = client.post("/api/v1/session", json={"login": login, "password": password})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    client.delete_cookie("linli_session")  # the header alone is to count, as for a client that is no browser
    return {"Authorization": f"Bearer {answer.get_json()['token']}"}


def _commit(session: Session) -> None:
    session.commit()
    act_as(session, SYSTEM)  # whom a transaction acts for ends with it
