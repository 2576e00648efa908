"""Accounts: making one, its password, and what an administrator does to somebody else's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from backend.kernel.journal import Fact, record_alone
from backend.kernel.sealed import Keyring
from backend.trust.factors.recovery import give_code
from backend.trust.models import Account, Authenticator, Passkey, Subject
from backend.trust.passwords import PASSWORDS, demand_strength
from backend.trust.refusals import LoginTaken, NoAccount, OwnAccount, SubjectTaken, WrongPassword, WrongSignIn
from backend.trust.sessions import end_all
from backend.trust.steps import end_steps


def note(session: Session, person_id: UUID, type_: str, *, now: datetime, **payload: Any) -> None:
    """Append one fact about how a person signs in; the payload holds ids, counts and codes only."""
    record_alone(session, f"account:{person_id}", [Fact(type_, payload)], now=now)


def create_account(
    session: Session, *, person_id: UUID, login: str, password: str, is_given: bool = False, now: datetime
) -> Account:
    """Let a person sign in. Raises WeakPassword, CommonPassword, LoginTaken.

    ``is_given``: whether somebody else chose the password, which the person then has to replace (ASVS 6.4.1).
    """
    demand_strength(password, names=(login,))
    if session.scalar(select(Account.person_id).where(Account.login == login.casefold())):
        raise LoginTaken()
    hashed = PASSWORDS.hashed(password)
    account = Account(
        person_id=person_id, login=login.casefold(), password_hash=hashed, created_at=now, password_is_given=is_given
    )
    session.add(account)
    note(session, person_id, "AccountCreated", now=now)
    return account


def check_password(session: Session, *, login: str, password: str) -> Account:
    """The account of a login and its password. Raises WrongSignIn."""
    account = session.scalar(select(Account).where(Account.login == login.casefold()))
    is_right = PASSWORDS.is_right(account.password_hash if account else None, password)
    if account is None or not is_right or account.disabled_at:
        raise WrongSignIn()
    return account


def account_of(session: Session, person_id: UUID) -> Account:
    """The account of a person, locked. Raises NoAccount."""
    found = session.get(Account, person_id, with_for_update=True)
    if found is None:
        raise NoAccount()
    return found


def login_of(session: Session, person_id: UUID) -> str:
    """The login of a person. Raises NoAccount."""
    found = session.scalar(select(Account.login).where(Account.person_id == person_id))
    if found is None:
        raise NoAccount()
    return found


def change_password(session: Session, person_id: UUID, *, former: str, password: str, own: str, now: datetime) -> int:
    """Change one's own password; every session but that of the token ``own`` ends. How many were ended.

    Raises WrongPassword where ``former`` is not the password, WeakPassword, CommonPassword.
    """
    account = account_of(session, person_id)
    if not PASSWORDS.is_right(account.password_hash, former):
        raise WrongPassword()
    demand_strength(password, names=(account.login,))
    account.password_hash, account.password_is_given = PASSWORDS.hashed(password), False
    session.flush()
    end_steps(session, person_id)
    note(session, person_id, "PasswordChanged", now=now)
    return end_all(session, person_id, but=own, now=now)


def give_password(session: Session, person_id: UUID, *, password: str, by: UUID, now: datetime) -> None:
    """Set somebody's password, who has forgotten it; their second factor stays (ASVS 6.4.3), their sessions end.

    Raises OwnAccount, NoAccount, WeakPassword, CommonPassword.
    """
    account = _of_another(session, person_id, by)
    demand_strength(password, names=(account.login,))
    account.password_hash, account.password_is_given = PASSWORDS.hashed(password), True
    session.flush()
    _shut_out(session, person_id, now)
    note(session, person_id, "PasswordGiven", now=now)


def reset_factors(session: Session, person_id: UUID, *, by: UUID, now: datetime) -> tuple[str, datetime]:
    """Take somebody's second factors away, who lost them; sessions end. The code that lets them in once, and until when.

    The code stands in for the second factor, so that the password alone opens nothing. Raises OwnAccount, NoAccount.
    """
    _of_another(session, person_id, by)
    session.execute(delete(Passkey).where(Passkey.person_id == person_id))
    session.execute(delete(Authenticator).where(Authenticator.person_id == person_id))
    code, until = give_code(session, person_id, now=now)
    _shut_out(session, person_id, now)
    note(session, person_id, "FactorsReset", now=now)
    return code, until


def suspend_account(session: Session, person_id: UUID, *, by: UUID, now: datetime) -> None:
    """Keep somebody from signing in; sessions end at once. Raises OwnAccount, NoAccount."""
    account = _of_another(session, person_id, by)
    if account.disabled_at is None:
        account.disabled_at = now
        session.flush()
        _shut_out(session, person_id, now)
        note(session, person_id, "AccountSuspended", now=now)


def restore_account(session: Session, person_id: UUID, *, by: UUID, now: datetime) -> None:
    """Let somebody sign in again. Raises OwnAccount, NoAccount."""
    account = _of_another(session, person_id, by)
    if account.disabled_at is not None:
        account.disabled_at = None
        session.flush()
        note(session, person_id, "AccountRestored", now=now)


def link_subject(
    session: Session, ring: Keyring, person_id: UUID, *, issuer: str, subject: str, by: UUID, now: datetime
) -> None:
    """Let a person sign in as ``subject`` of their agency. Raises OwnAccount, NoAccount, SubjectTaken."""
    _of_another(session, person_id, by)
    hashed = subject_hash(ring, issuer, subject)
    held = session.get(Subject, hashed)
    if held is not None and held.person_id != person_id:
        raise SubjectTaken()
    if held is None:
        session.add(Subject(subject_hash=hashed, person_id=person_id, linked_at=now, linked_by=by))
        session.flush()
        note(session, person_id, "SubjectLinked", now=now)


def unlink_subjects(session: Session, person_id: UUID, *, now: datetime) -> None:
    """End every link of a person to their agency's sign-in; sessions end."""
    ended: Any = session.execute(delete(Subject).where(Subject.person_id == person_id))
    if ended.rowcount:
        _shut_out(session, person_id, now)
        note(session, person_id, "SubjectUnlinked", now=now)


def person_of_subject(session: Session, ring: Keyring, *, issuer: str, subject: str) -> UUID | None:
    """Whom an administrator linked to a subject of an agency; None where nobody, or somebody who is suspended."""
    held = session.get(Subject, subject_hash(ring, issuer, subject))
    account = session.get(Account, held.person_id) if held else None
    return account.person_id if account and account.disabled_at is None else None


def subjects_of(session: Session, person_id: UUID) -> int:
    """How many subjects of the agency a person is linked to."""
    return session.scalar(select(func.count()).select_from(Subject).where(Subject.person_id == person_id)) or 0


def subject_hash(ring: Keyring, issuer: str, subject: str) -> bytes:
    """A subject as it is kept: it may be an address or a number of staff, which is nobody's to read here."""
    return ring.hashed("oidc-subject", f"{issuer}\n{subject}")


def _of_another(session: Session, person_id: UUID, by: UUID) -> Account:
    if person_id == by:
        raise OwnAccount()
    return account_of(session, person_id)


def _shut_out(session: Session, person_id: UUID, now: datetime) -> None:
    end_steps(session, person_id)
    end_all(session, person_id, now=now)
