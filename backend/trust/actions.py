"""Accounts and sessions."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from backend.kernel.journal import Fact, record
from backend.kernel.problems import Refusal
from backend.trust.access import ABSOLUTE, Me, new_token, token_hash, who
from backend.trust.models import Account, SignedIn
from backend.trust.passwords import PASSWORDS

PASSWORD_LEAST = 12
CHAT_SESSION = timedelta(hours=12)


class WrongSignIn(Refusal):
    """Login and password do not belong together; which of them is wrong is not told."""

    code, status = "wrong-sign-in", 401
    title = {"en": "Login or password is wrong", "zh": "用户名或密码错误"}


class WeakPassword(Refusal):
    """The password is too short."""

    code, status = "weak-password", 422
    title = {"en": f"A password needs {PASSWORD_LEAST} characters or more", "zh": f"密码至少{PASSWORD_LEAST}个字符"}


class LoginTaken(Refusal):
    """Another person has this login."""

    code, status = "login-taken", 409
    title = {"en": "This login is taken", "zh": "该用户名已被使用"}


def create_account(session: Session, *, person_id: UUID, login: str, password: str, now: datetime) -> Account:
    """Let a person sign in. Raises WeakPassword, LoginTaken."""
    if len(password) < PASSWORD_LEAST:
        raise WeakPassword()
    if session.scalar(select(Account.person_id).where(Account.login == login.casefold())):
        raise LoginTaken()
    hashed = PASSWORDS.hashed(password)
    account = Account(person_id=person_id, login=login.casefold(), password_hash=hashed, created_at=now)
    session.add(account)
    record(session, f"account:{person_id}", [Fact("AccountCreated", {})], now=now)
    return account


def sign_in(
    session: Session, *, login: str, password: str, now: datetime, address_hash: bytes | None = None
) -> tuple[str, UUID]:
    """Open a session and return its token and the person. Raises WrongSignIn.

    ``address_hash``: a keyed hash of where it came from, by which the place is known the next time.
    """
    account = session.scalar(select(Account).where(Account.login == login.casefold()))
    is_right = PASSWORDS.is_right(account.password_hash if account else None, password)
    if account is None or not is_right or account.disabled_at:
        raise WrongSignIn()
    token = new_token()
    session.add(
        SignedIn(
            token_hash=token_hash(token),
            person_id=account.person_id,
            created_at=now,
            expires_at=now + ABSOLUTE,
            last_seen_at=now,
            address_hash=address_hash,
        )
    )
    return token, account.person_id


@dataclass(frozen=True, slots=True)
class ChatSession:
    """A session that a linked chat opened: its token, until when it lasts, and whose it is."""

    token: str = field(repr=False)
    expires_at: datetime
    person: Me


def open_for_chat(session: Session, *, person_id: UUID, link_id: UUID, now: datetime) -> ChatSession | None:
    """Open a session of 12 hours for the person of a linked chat; None for one who may not sign in."""
    token, expires_at = new_token(), now + CHAT_SESSION
    session.add(
        SignedIn(
            token_hash=token_hash(token), person_id=person_id, created_at=now, expires_at=expires_at, last_seen_at=now,
            chat_link_id=link_id,
        )
    )  # fmt: skip
    session.flush()
    person = who(session, token, now=now)
    return ChatSession(token, expires_at, person) if person else None


def sign_out(session: Session, *, token: str, now: datetime) -> None:
    """End a session at once."""
    session.execute(update(SignedIn).where(SignedIn.token_hash == token_hash(token)).values(ended_at=now))
