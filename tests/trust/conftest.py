"""Two who triage, an administrator, and browsers for them."""

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from backend.kernel.clock import MovableClock
from tests.conftest import NOW
from tests.support.people import make_organisation, make_person
from tests.trust.signing import Caller

ROLES = {"anna": ["triage"], "ben": ["triage"], "root": ["administrator"], "vera": ["volunteer"]}


@pytest.fixture
def people(app: Flask, session: Session) -> dict[str, UUID]:
    """Their ids by their logins."""
    ring, body = app.extensions["linli"].keyring, make_organisation(session, NOW)
    made = {
        login: make_person(session, ring, NOW, roles=roles, org=body, login=login) for login, roles in ROLES.items()
    }
    session.close()  # the requests of a test are transactions of their own
    return made


@pytest.fixture
def browser(app: Flask, clock: MovableClock, people: dict[str, UUID]) -> Callable[[str | None], Caller]:
    """Somebody at a browser of their own; signed in by a password, or nobody with None."""

    def opened(login: str | None = "anna") -> Caller:
        caller = Caller(app.test_client(), clock)
        if login:
            assert caller.password(login).status_code == 201
        return caller

    assert people
    return opened
