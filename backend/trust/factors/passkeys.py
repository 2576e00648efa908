"""Passkeys (WebAuthn), by py_webauthn. The user is always verified, so that a passkey alone is enough to sign in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, generate_challenge, options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from backend.kernel.ids import new_id
from backend.kernel.problems import NotFound
from backend.kernel.sealed import Keyring, Unreadable, seal_of
from backend.settings import Settings
from backend.trust.models import Passkey
from backend.trust.refusals import NoPasskey, TooManyPasskeys, WrongFactor
from backend.trust.rules import PASSKEYS_MOST

RP_NAME = "Linli"
# What the library raises where what was sent is not of the shape that it takes.
_MALFORMED = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError)
_TRANSPORTS = {one.value for one in AuthenticatorTransport}


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are: the name that they are bound to, and the only origin whose pages may use them."""

    rp_id: str
    origin: str

    @classmethod
    def of(cls, settings: Settings) -> "Site":
        """The site at the address that residents and staff use."""
        address = urlsplit(settings.url)
        return cls(address.hostname or "localhost", f"{address.scheme}://{address.netloc}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser is asked, as JSON, and the challenge that its answer has to sign."""

    options: Mapping[str, Any]
    challenge: str


def ask_for_new(session: Session, site: Site, *, person_id: UUID, login: str, name: str | None) -> Asked:
    """Ask the browser to make a passkey. Raises TooManyPasskeys."""
    held = passkeys_of(session, person_id)
    if len(held) >= PASSKEYS_MOST:
        raise TooManyPasskeys()
    challenge = generate_challenge()
    options = generate_registration_options(
        rp_id=site.rp_id, rp_name=RP_NAME, user_id=person_id.bytes, user_name=login, user_display_name=name or login,
        challenge=challenge, exclude_credentials=_descriptors(held),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )  # fmt: skip
    return Asked(options_to_json_dict(options), bytes_to_base64url(challenge))


def add_passkey(
    session: Session, ring: Keyring, site: Site, *, person_id: UUID, name: str, credential: Mapping[str, Any],
    challenge: str, now: datetime,
) -> Passkey:  # fmt: skip
    """Keep the passkey that a browser made. Raises NoPasskey."""
    try:
        made = verify_registration_response(
            credential=dict(credential), expected_challenge=base64url_to_bytes(challenge), expected_rp_id=site.rp_id,
            expected_origin=site.origin, require_user_verification=True,
        )  # fmt: skip
    except _MALFORMED as error:
        raise NoPasskey() from error
    if session.scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)):
        raise NoPasskey()
    said = credential.get("response")
    named = said.get("transports") if isinstance(said, Mapping) else None
    sealed = seal_of(session, ring, person_id).close("passkey", name)
    assert sealed is not None
    kept = Passkey(
        id=new_id(), person_id=person_id, credential_id=made.credential_id, public_key=made.credential_public_key,
        sign_count=made.sign_count, transports=sorted(_TRANSPORTS & {str(one) for one in named or ()}), name=sealed,
        created_at=now,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    return kept


def ask_for(session: Session, site: Site, person_id: UUID | None) -> Asked:
    """Ask the browser for a passkey: of the person, or of whoever it knows."""
    challenge = generate_challenge()
    options = generate_authentication_options(
        rp_id=site.rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED,
        allow_credentials=_descriptors(passkeys_of(session, person_id)) if person_id else None,
    )  # fmt: skip
    return Asked(options_to_json_dict(options), bytes_to_base64url(challenge))


def check_passkey(
    session: Session,
    site: Site,
    *,
    person_id: UUID | None,
    credential: Mapping[str, Any],
    challenge: str,
    now: datetime,
) -> UUID:
    """Whose passkey signed the challenge: the person's, or anybody's with None. Raises WrongFactor."""
    try:
        found = session.scalar(
            select(Passkey).where(Passkey.credential_id == base64url_to_bytes(credential["rawId"])).with_for_update()
        )
        if found is None or person_id not in {None, found.person_id}:
            raise WrongFactor()
        signed = verify_authentication_response(
            credential=dict(credential), expected_challenge=base64url_to_bytes(challenge), expected_rp_id=site.rp_id,
            expected_origin=site.origin, credential_public_key=bytes(found.public_key),
            credential_current_sign_count=found.sign_count, require_user_verification=True,
        )  # fmt: skip
        handle = credential["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != found.person_id.bytes:
            raise WrongFactor()
    except _MALFORMED as error:
        raise WrongFactor() from error
    found.sign_count, found.last_used_at = signed.new_sign_count, now
    return found.person_id


def passkeys_of(session: Session, person_id: UUID) -> Sequence[Passkey]:
    """The passkeys of a person, the oldest first."""
    wanted = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.created_at, Passkey.id)
    return session.scalars(wanted).all()


def named(session: Session, ring: Keyring, held: Sequence[Passkey]) -> list[dict[str, Any]]:
    """Passkeys of one person as they are shown; a name whose key was erased is empty."""
    if not held:
        return []
    seal = seal_of(session, ring, held[0].person_id)
    shown = []
    for one in held:
        try:
            name = str(seal.open("passkey", one.name))
        except Unreadable:
            name = ""
        shown.append({"id": one.id, "name": name, "created_at": one.created_at, "last_used_at": one.last_used_at})
    return shown


def remove_passkey(session: Session, person_id: UUID, passkey_id: UUID) -> None:
    """Forget a passkey of a person. Raises NotFound."""
    found = session.get(Passkey, passkey_id)
    if found is None or found.person_id != person_id:
        raise NotFound()
    session.delete(found)
    session.flush()


def _descriptors(held: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=bytes(one.credential_id), transports=[AuthenticatorTransport(name) for name in one.transports]
        )
        for one in held
    ]
