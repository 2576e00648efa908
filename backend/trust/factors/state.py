"""Which second factors somebody has; adding and removing them, with what each change leaves in the journal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.sealed import Keyring
from backend.trust import sessions
from backend.trust.actions import note
from backend.trust.factors import codes, passkeys, recovery
from backend.trust.models import Authenticator, Passkey
from backend.trust.refusals import LastFactor, NoFactorYet, WrongCode, WrongFactor

_HELD = text(
    "SELECT (SELECT count(*) FROM passkey WHERE person_id = :person) AS passkeys,"
    " EXISTS (SELECT FROM authenticator WHERE person_id = :person AND confirmed_at IS NOT NULL) AS app,"
    " (SELECT count(*) FROM recovery_code WHERE person_id = :person AND used_at IS NULL"
    "  AND (expires_at IS NULL OR expires_at > :now)) AS recovery"
)


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody can show beside a password."""

    passkeys: int
    has_app: bool
    recovery_left: int

    @property
    def is_any(self) -> bool:
        """Whether a password alone is not enough: also a code that was handed out stands in the way."""
        return bool(self.passkeys or self.has_app or self.recovery_left)

    @property
    def are_lasting(self) -> int:
        """How many there are that do not wear off with use."""
        return self.passkeys + int(self.has_app)

    @property
    def methods(self) -> list[str]:
        """Their names, the best first."""
        held = {"passkey": self.passkeys, "app": self.has_app, "recovery": self.recovery_left}
        return [name for name, is_held in held.items() if is_held]


def factors_of(session: Session, person_id: UUID, *, now: datetime) -> Factors:
    """The second factors of a person."""
    row = session.execute(_HELD, {"person": person_id, "now": now}).one()
    return Factors(int(row.passkeys), bool(row.app), int(row.recovery))


def spend(session: Session, ring: Keyring, person_id: UUID, typed: str, *, now: datetime) -> str:
    """Spend a code of an app or a recovery code; which it was. Raises WrongFactor."""
    if codes.spend_code(session, ring, person_id=person_id, code=typed, now=now):
        return "app"
    if recovery.spend_recovery(session, person_id, typed, now=now):
        note(session, person_id, "RecoveryCodeSpent", now=now)
        return "recovery"
    raise WrongFactor()


def add_passkey(
    session: Session, ring: Keyring, site: passkeys.Site, *, person_id: UUID, name: str, credential: Mapping[str, Any],
    challenge: str, own: str, now: datetime,
) -> Passkey:  # fmt: skip
    """Keep a passkey; the session of the token ``own`` has thereby shown a second factor. Raises NoPasskey."""
    made = passkeys.add_passkey(
        session, ring, site, person_id=person_id, name=name, credential=credential, challenge=challenge, now=now
    )
    sessions.prove(session, own)
    note(session, person_id, "PasskeyAdded", now=now, passkey_id=made.id)
    return made


def remove_passkey(session: Session, person_id: UUID, passkey_id: UUID, *, is_required: bool, now: datetime) -> None:
    """Forget a passkey. Raises NotFound, LastFactor."""
    held = passkeys.passkeys_of(session, person_id)
    if is_required and [one.id for one in held] == [passkey_id]:
        _demand_other(session, person_id, now)
    passkeys.remove_passkey(session, person_id, passkey_id)
    _forget_codes_of_nobody(session, person_id, now)
    note(session, person_id, "PasskeyRemoved", now=now, passkey_id=passkey_id)


def confirm_app(session: Session, ring: Keyring, *, person_id: UUID, code: str, own: str, now: datetime) -> None:
    """Have an app count; the session of the token ``own`` has thereby shown a second factor. Raises WrongCode."""
    if not codes.confirm_app(session, ring, person_id=person_id, code=code, now=now):
        raise WrongCode()
    sessions.prove(session, own)
    note(session, person_id, "AuthenticatorAdded", now=now)


def remove_app(session: Session, person_id: UUID, *, is_required: bool, now: datetime) -> None:
    """Forget the app. Raises LastFactor."""
    if is_required and factors_of(session, person_id, now=now).passkeys == 0:
        raise LastFactor()
    held = session.get(Authenticator, person_id)
    if held is None:
        return
    session.delete(held)
    session.flush()
    _forget_codes_of_nobody(session, person_id, now)
    note(session, person_id, "AuthenticatorRemoved", now=now)


def make_codes(session: Session, person_id: UUID, *, now: datetime) -> list[str]:
    """Fresh recovery codes in place of the former. Raises NoFactorYet."""
    if not factors_of(session, person_id, now=now).are_lasting:
        raise NoFactorYet()
    made = recovery.make_codes(session, person_id, now=now)
    note(session, person_id, "RecoveryCodesMade", now=now, codes=len(made))
    return made


def _demand_other(session: Session, person_id: UUID, now: datetime) -> None:
    if not factors_of(session, person_id, now=now).has_app:
        raise LastFactor()


def _forget_codes_of_nobody(session: Session, person_id: UUID, now: datetime) -> None:
    """Recovery codes stand in for a factor: with the last one they go, or a password would ask for them for ever."""
    if not factors_of(session, person_id, now=now).are_lasting:
        recovery.forget_codes(session, person_id)
