"""Recovery codes: each works once and stands in for a second factor that is lost. They are kept hashed, slowly."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from backend.trust.models import RecoveryCode
from backend.trust.passwords import PASSWORDS
from backend.trust.rules import GIVEN_CODE_LASTS, RECOVERY_CODES

# Crockford's base 32: no letter is taken for a digit. Three groups of four, of which the first finds the row.
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, LENGTH = 3, 4
_ALIKE = str.maketrans("OIL", "011")


def make_codes(session: Session, person_id: UUID, *, now: datetime) -> list[str]:
    """Fresh codes in place of all former ones; shown once, for only their hashes are kept."""
    forget_codes(session, person_id)
    codes: dict[str, str] = {}
    while len(codes) < RECOVERY_CODES:
        code = _fresh()
        codes[handle_of(code)] = code
    session.add_all(_row(person_id, code, now=now) for code in codes.values())
    session.flush()
    return list(codes.values())


def give_code(session: Session, person_id: UUID, *, now: datetime) -> tuple[str, datetime]:
    """One code for somebody who lost their factors, handed out by an administrator; until when it works (24 hours)."""
    forget_codes(session, person_id)
    code, until = _fresh(), now + GIVEN_CODE_LASTS
    session.add(_row(person_id, code, now=now, expires_at=until))
    session.flush()
    return code, until


def spend_recovery(session: Session, person_id: UUID, typed: str, *, now: datetime) -> bool:
    """Spend a code of a person; whether it was one that was not spent yet. Two calls at one moment spend it once."""
    code = normal(typed)
    row = session.scalar(
        select(RecoveryCode)
        .where(RecoveryCode.person_id == person_id, RecoveryCode.handle == handle_of(code), *_works(now))
        .with_for_update()
    )
    # As slow for a code that is none as for one that is.
    if not PASSWORDS.is_right(row.code_hash if row else None, code) or row is None:
        return False
    row.used_at = now
    session.flush()
    return True


def forget_codes(session: Session, person_id: UUID) -> None:
    """Forget every code of a person."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))


def normal(typed: str) -> str:
    """A code as it was made, however it was typed: small letters, spaces, an O for a zero."""
    letters = "".join(one for one in typed.upper() if one.isalnum()).translate(_ALIKE)
    return "-".join(letters[at : at + LENGTH] for at in range(0, len(letters), LENGTH))


def handle_of(code: str) -> str:
    """The group by which a code is found."""
    return code[:LENGTH]


def _fresh() -> str:
    groups = ("".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def _row(person_id: UUID, code: str, *, now: datetime, expires_at: datetime | None = None) -> RecoveryCode:
    return RecoveryCode(
        person_id=person_id,
        handle=handle_of(code),
        code_hash=PASSWORDS.hashed(code),
        made_at=now,
        expires_at=expires_at,
    )


def _works(now: datetime) -> tuple[ColumnElement[bool], ...]:
    ends = RecoveryCode.expires_at
    return RecoveryCode.used_at.is_(None), or_(ends.is_(None), ends > now)
