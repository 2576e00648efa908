"""Signing in, for the caller of the present request: a password and a second factor, or a passkey; API and pages alike."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import current_app, request

from backend.kernel.database import db
from backend.kernel.idempotency import leave_key
from backend.kernel.proxies import network_of
from backend.kernel.sealed import Keyring
from backend.trust import throttle
from backend.trust.access import now, presented_token
from backend.trust.actions import check_password
from backend.trust.factors.passkeys import Asked, Site, ask_for, check_passkey
from backend.trust.factors.state import factors_of, spend
from backend.trust.models import Account
from backend.trust.refusals import WrongFactor, WrongPassword, WrongSignIn
from backend.trust.rules import StepKind, device_of
from backend.trust.sessions import Opened, Where, open_session
from backend.trust.steps import Step, begin_step, spend_step, try_step


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that goes on: its token, what can be shown next, and what the browser is asked for a passkey."""

    step: str = field(repr=False)
    methods: list[str]
    passkey: Mapping[str, Any] | None


def ring() -> Keyring:
    """The keys of this application."""
    found: Keyring = current_app.extensions["linli"].keyring
    return found


def site() -> Site:
    """For whom passkeys are."""
    return Site.of(current_app.extensions["linli"].settings)


def begin_by_password(login: str, password: str) -> Opened | Begun:
    """A session, or the next step where the person has a second factor; committed. Raises WrongSignIn, TooManyTries."""
    session = db.session()
    with trying_password(login):
        account = check_password(session, login=login, password=password)
    found = go_on(account.person_id, has_second_factor=False)
    session.commit()
    return found


@contextmanager
def trying_password(login: str) -> Iterator[None]:
    """Look at the password of ``login`` inside: what fails is counted, and slows the next try. Raises TooManyTries."""
    session, attempt = db.session(), _attempt(login, "account")
    counted = throttle.begin(session, attempt, login)
    with _counted(attempt):
        yield
    throttle.succeed(session, attempt, counted=counted)


def go_on(person_id: UUID, *, has_second_factor: bool) -> Opened | Begun:
    """A session for somebody who showed a first factor, or the next step where they have a second one."""
    session, held = db.session(), factors_of(db.session(), person_id, now=now())
    if has_second_factor or not held.is_any:
        return opened(person_id, has_second_factor=has_second_factor)
    asked = ask_for(session, site(), person_id) if held.passkeys else None
    challenge = {"challenge": asked.challenge} if asked else {}
    step = begin_step(session, ring(), StepKind.FACTOR, person_id=person_id, held=challenge, now=now())
    return Begun(step, held.methods, asked.options if asked else None)


def begin_by_passkey() -> Begun:
    """A sign-in by a passkey alone; committed. Raises TooManyTries."""
    session = db.session()
    throttle.begin_nameless(session, nameless())
    asked: Asked = ask_for(session, site(), None)
    step = begin_step(session, ring(), StepKind.PASSKEY, person_id=None, held={"challenge": asked.challenge}, now=now())
    session.commit()
    return Begun(step, ["passkey"], asked.options)


def finish(step_token: str, *, code: str | None = None, credential: Mapping[str, Any] | None = None) -> Opened:
    """The session of a sign-in whose last step is shown: a code or a passkey; committed.

    Raises StepOver, WrongFactor, TooManyTries.
    """
    session = db.session()
    step = _tried(step_token)
    account = session.get(Account, step.person_id) if step.person_id else None
    attempt = _attempt(str(step.person_id or ""), "factor")
    counted = throttle.begin(session, attempt, account.login) if account else False
    if account is None:
        throttle.check_address(session, attempt)
    with _counted(attempt):
        person_id = _shown(step, code, credential)
    throttle.succeed(session, attempt if account else nameless(), counted=counted or account is None)
    spend_step(session, step)
    # A code that was handed out opens the way to a factor of one's own, and counts as none itself.
    found = opened(person_id, has_second_factor=bool(factors_of(session, person_id, now=now()).are_lasting))
    session.commit()
    return found


def opened(person_id: UUID, *, has_second_factor: bool) -> Opened:
    """A session for the caller, in place of the one that they held."""
    device, browser = device_of(request.headers.get("User-Agent", ""))
    where = Where(_attempt("", "account").address, device, browser)
    return open_session(
        db.session(), person_id, has_second_factor=has_second_factor, where=where, replaces=presented_token(), now=now()
    )


def _tried(token: str) -> Step:
    """The step, with this try counted for good. Raises StepOver."""
    session = db.session()
    return try_step(session, ring(), token, StepKind.FACTOR, StepKind.PASSKEY, now=now())


def _shown(step: Step, code: str | None, credential: Mapping[str, Any] | None) -> UUID:
    """Whose factor was shown. Raises WrongFactor."""
    session = db.session()
    if credential is not None and "challenge" in step.held:
        person_id = check_passkey(
            session,
            site(),
            person_id=step.person_id,
            credential=credential,
            challenge=step.held["challenge"],
            now=now(),
        )
        account = session.get(Account, person_id)
        if account is None or account.disabled_at:
            raise WrongFactor()
        return person_id
    if code is None or step.person_id is None:
        raise WrongFactor()
    spend(session, ring(), step.person_id, code, now=now())
    return step.person_id


def nameless() -> throttle.Attempt:
    """The caller's attempt to sign in without saying who they are, by their address alone."""
    return _attempt(network_of(request.remote_addr or ""), "begun")


def _attempt(login: str, what: str) -> throttle.Attempt:
    network = network_of(request.remote_addr or "")
    return throttle.Attempt.of(login, network, key=ring().derived("sign-in"), now=now(), what=what)


@contextmanager
def _counted(attempt: throttle.Attempt) -> Iterator[None]:
    """That it was tried is kept where it fails; that it was answered is not, so that it can be sent again."""
    try:
        yield
    except (WrongSignIn, WrongPassword, WrongFactor):
        session = db.session()
        throttle.fail(session, attempt)
        leave_key(session)
        session.commit()
        raise
