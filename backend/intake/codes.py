"""The resident's own codes for ending an alarm: the true one, and the one that ends it on the screen only.

A code is short, so it is hashed slowly (argon2id); it is set only with an SOS, never on the path of other reports.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Table
from sqlalchemy.orm import Session

from backend.incidents.opening import table_of
from backend.intake.models import SafeCode

# 16 MiB and one pass: about 10 ms, which an SOS can bear.
_HASHER = PasswordHasher(time_cost=1, memory_cost=16_384, parallelism=1)


def code_rows(codes: Mapping[str, Any] | None, report_id: UUID) -> dict[Table, list[dict[str, Any]]]:
    """The row that holds the hashes of a report's codes; nothing when none were set."""
    if not codes:
        return {}
    duress = codes.get("duress")
    row = {
        "report_id": report_id,
        "cancel_hash": _HASHER.hash(codes["cancel"]).encode(),
        "duress_hash": _HASHER.hash(duress).encode() if duress else None,
    }
    return {table_of(SafeCode): [row]}


def which_code(session: Session, report_id: UUID, said: str) -> str | None:
    """``cancel``, ``duress`` or None. Both hashes are always tried, so that the time tells nothing."""
    held = session.get(SafeCode, report_id)
    if held is None:
        return None
    cancel = _is(held.cancel_hash, said)
    duress = _is(held.duress_hash or held.cancel_hash, said) and held.duress_hash is not None
    return "cancel" if cancel else "duress" if duress else None


def _is(stored: bytes, said: str) -> bool:
    try:
        return _HASHER.verify(stored.decode(), said)
    except (VerifyMismatchError, InvalidHashError):
        return False
