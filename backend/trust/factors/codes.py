"""Codes by the clock (TOTP, RFC 6238) from an app, by pyotp. A code is spent once, also by two calls at one moment."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import pyotp
import segno
from sqlalchemy import text
from sqlalchemy.orm import Session

from backend.kernel.sealed import Keyring, Seal, seal_of
from backend.trust.models import Authenticator

STEP_S = 30
# How many intervals the clocks of phone and server may differ, either way (RFC 6238, 5.2).
APART = 1
ISSUER = "Linli"

# Whoever comes second waits for the row, and then finds the interval spent.
_SPEND = text(
    "UPDATE authenticator SET last_step = :step WHERE person_id = :person AND last_step < :step RETURNING person_id"
)


@dataclass(frozen=True, slots=True)
class NewApp:
    """What an app needs: the secret for typing, the address that it reads, and that address as a picture."""

    secret: str
    address: str

    @property
    def picture(self) -> str:
        """The QR code, as the address of a picture that holds it."""
        return str(segno.make(self.address, error="m").svg_data_uri(scale=5, border=4, light="white"))

    @property
    def drawing(self) -> str:
        """The QR code as SVG, to stand within a page."""
        return str(segno.make(self.address, error="m").svg_inline(scale=5, border=4, light="white"))


def propose_app(session: Session, ring: Keyring, *, person_id: UUID, login: str, now: datetime) -> NewApp:
    """A fresh secret for an app. It counts once a code of it was shown; until then the former one goes on counting."""
    made = pyotp.random_base32(32)  # 160 bits, as RFC 4226 advises
    seal = seal_of(session, ring, person_id)
    held = session.get(Authenticator, person_id)
    if held is not None and held.confirmed_at is not None:
        held.proposed = _closed(seal, made)
    elif held is not None:
        held.secret, held.created_at = _closed(seal, made), now
    else:
        session.add(Authenticator(person_id=person_id, secret=_closed(seal, made), created_at=now))
    session.flush()
    return NewApp(made, pyotp.TOTP(made).provisioning_uri(name=login, issuer_name=ISSUER))


def confirm_app(session: Session, ring: Keyring, *, person_id: UUID, code: str, now: datetime) -> bool:
    """Have the app count from now on that was proposed, if ``code`` is one of its; whether it is."""
    held = session.get(Authenticator, person_id, with_for_update=True)
    if held is None:
        return False
    wanted = held.proposed or (None if held.confirmed_at else held.secret)
    step = step_of(_secret(seal_of(session, ring, person_id), wanted), code, now) if wanted else None
    if step is None:
        return False
    held.secret, held.proposed, held.confirmed_at, held.last_step = wanted or held.secret, None, now, step
    session.flush()
    return True


def spend_code(session: Session, ring: Keyring, *, person_id: UUID, code: str, now: datetime) -> bool:
    """Spend a code of a person's app; whether it was one that was not spent yet."""
    held = session.get(Authenticator, person_id)
    if held is None or held.confirmed_at is None:
        return False
    step = step_of(_secret(seal_of(session, ring, person_id), held.secret), code, now)
    if step is None:
        return False
    return session.execute(_SPEND, {"person": person_id, "step": step}).one_or_none() is not None


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The interval whose code this is, near ``now``; None where it is none of them."""
    totp, present = pyotp.TOTP(secret, interval=STEP_S), int(now.timestamp()) // STEP_S
    typed = code.replace(" ", "").encode("utf-8", "surrogatepass")
    for step in range(present + APART, present - APART - 1, -1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed):
            return step
    return None


def _closed(seal: Seal, secret: str) -> bytes:
    return seal.close_bytes("totp", secret.encode())


def _secret(seal: Seal, sealed: bytes) -> str:
    return seal.open_bytes("totp", bytes(sealed)).decode()
