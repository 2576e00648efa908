"""Opening a session for the caller of the present request, for the API and for the pages."""

from uuid import UUID

from flask import current_app, request

from backend.kernel.database import db
from backend.kernel.idempotency import leave_key
from backend.kernel.proxies import network_of
from backend.trust import throttle
from backend.trust.access import now
from backend.trust.actions import WrongSignIn, sign_in


def open_session(login: str, password: str) -> tuple[str, UUID]:
    """The token of a new session and its person; committed. Raises WrongSignIn, TooManyTries."""
    session = db.session()
    key = current_app.extensions["linli"].keyring.derived("sign-in")
    attempt = throttle.Attempt.of(login, network_of(request.remote_addr or ""), key=key, now=now())
    counted = throttle.begin(session, attempt, login)
    try:
        opened = sign_in(session, login=login, password=password, address_hash=attempt.address, now=attempt.now)
    except WrongSignIn:
        # That it was tried is kept; that it was answered is not, so that it can be sent again.
        throttle.fail(session, attempt)
        leave_key(session)
        session.commit()
        raise
    throttle.succeed(session, attempt, counted=counted)
    session.commit()
    return opened
