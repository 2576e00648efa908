"""An agency's own sign-in (OpenID Connect): code flow with PKCE, state and nonce; one file, one provider, one refusal.

What the provider says of itself and its keys are asked for at each sign-in, which is rare; so a key that it changed
counts at once. Who somebody is follows from ``iss`` and ``sub`` alone, never from an address that the provider names.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.kernel.logs import log
from backend.settings import Settings
from backend.trust.access import new_token
from backend.trust.refusals import AgencyRefused

TIMEOUT_S = 10.0
# Signatures by a key of the provider's own: one made with the client's secret would let whoever knows that be anybody.
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "RS512", "PS512", "EdDSA", "Ed25519")
APART_S = 60  # how far the provider's clock may be off


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where to send a browser, and what its return is compared with."""

    address: str
    held: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """Who somebody is at the agency. ``is_strong``: whether they showed there what stands for a second factor here."""

    issuer: str
    subject: str
    is_strong: bool


class Agency:
    """The agency's sign-in that the settings name."""

    def __init__(self, settings: Settings, redirect_uri: str) -> None:
        self._settings, self._redirect_uri = settings, redirect_uri

    def leave(self) -> Leaving:
        """Where to send the browser. Raises AgencyRefused when the provider cannot be asked."""
        held = {name: new_token() for name in ("state", "nonce", "verifier")}
        with _Talking() as wire:
            address = self._described(wire)["authorization_endpoint"]
        asked = {"code_challenge": create_s256_code_challenge(held["verifier"]), "code_challenge_method": "S256"}
        if self._settings.oidc_acr:
            asked["acr_values"] = self._settings.oidc_acr
        where = prepare_grant_uri(
            address, self._settings.oidc_client_id, "code", redirect_uri=self._redirect_uri, scope="openid",
            state=held["state"], nonce=held["nonce"], **asked,
        )  # fmt: skip
        return Leaving(str(where), held)

    def arrive(self, returned: Mapping[str, str], held: Mapping[str, str], *, now: datetime) -> Known:
        """Who came back. ``returned``: the query of the return; ``held``: of ``leave``. Raises AgencyRefused."""
        state, code = returned.get("state", ""), returned.get("code", "")
        if not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), held["state"].encode()) or not code:
            raise AgencyRefused()
        # A provider that names itself in the return must be the one that was asked (RFC 9207).
        if returned.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:
            raise AgencyRefused()
        try:
            with _Talking() as wire:
                described = self._described(wire)
                token = self._exchanged(wire, described, code, held["verifier"])
                keys = KeySet.import_key_set(_json(wire.get(described["jwks_uri"])))
            return self._checked(token, keys, held["nonce"], now)
        except (JoseError, KeyError, TypeError, ValueError) as error:
            # The kind of error alone: what it quotes may be somebody's.
            log.warning("an agency's answer does not hold", error=type(error).__name__)
            raise AgencyRefused() from error

    def _described(self, wire: httpx.Client) -> Mapping[str, Any]:
        issuer = self._settings.oidc_issuer
        found: Mapping[str, Any] = _json(wire.get(get_well_known_url(issuer, external=True)))
        if found.get("issuer") != issuer:
            raise AgencyRefused()
        secure = issuer.startswith("https://")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            address = found.get(name)
            if not isinstance(address, str) or (secure and not address.startswith("https://")):
                raise AgencyRefused()
        return found

    def _exchanged(
        self, wire: httpx.Client, described: Mapping[str, Any], code: str, verifier: str
    ) -> Mapping[str, Any]:
        client_id, secret = self._settings.oidc_client_id, self._settings.oidc_client_secret
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }  # fmt: skip
        # Whoever has no secret names itself in the form; the verifier is what shows that it began this (RFC 7636).
        form |= {} if secret else {"client_id": client_id}
        shown = httpx.BasicAuth(client_id, secret) if secret else httpx.Auth()
        answer: Mapping[str, Any] = _json(wire.post(described["token_endpoint"], data=form, auth=shown))
        return answer

    def _checked(self, token: Mapping[str, Any], keys: KeySet, nonce: str, now: datetime) -> Known:
        issuer, client_id, acr = self._settings.oidc_issuer, self._settings.oidc_client_id, self._settings.oidc_acr
        decoded = jwt.decode(token["id_token"], keys, algorithms=list(ALGORITHMS))
        claims = CodeIDToken(
            decoded.claims, decoded.header,
            options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
            params={"nonce": nonce, "client_id": client_id, "access_token": token.get("access_token")},
        )  # fmt: skip
        claims.validate(now=int(now.timestamp()), leeway=APART_S)
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise AgencyRefused()
        return Known(issuer, subject, is_strong=bool(acr) and claims.get("acr") == acr)


class _Talking:
    """A connection to the provider: with an end, and following nobody elsewhere. Raises AgencyRefused where it fails."""

    def __enter__(self) -> httpx.Client:
        self._wire = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)
        return self._wire

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._wire.close()
        if isinstance(error, httpx.HTTPError):
            log.warning("an agency's sign-in does not answer", error=type(error).__name__)
            raise AgencyRefused() from error


def _json(answer: httpx.Response) -> Any:
    answer.raise_for_status()
    return answer.json()
