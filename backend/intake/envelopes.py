"""Envelopes that only the server can open: what waits on a phone until there is a network (security.md, Sealed queue).

ECDH on P-256 with a key that the phone makes for one envelope, HKDF-SHA-256, AES-256-GCM with the id of what is
inside as associated data. P-256 because every browser has it. The phone's side is pwa/src/outbox/envelope.ts.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from marshmallow import ValidationError

from backend.intake.schemas import NewReportSchema
from backend.kernel.problems import Invalid, Refusal
from backend.kernel.sealed import Keyring

INFO = b"linli-envelope-1"
PURPOSE = "envelope"
CURVE = ec.SECP256R1()
# The order of the curve's group (SEC 2, secp256r1): private keys are 1 to ORDER - 1.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class UnreadableEnvelope(Refusal):
    """An envelope was sealed to a key that we do not have, or was changed on the way."""

    code, status = "unreadable-envelope", 422
    title = {"en": "This could not be opened", "zh": "无法打开此内容"}
    advice = {
        "en": "Nothing was stored. Please write it again and send it.",
        "zh": "未保存任何内容。请重新填写并发送。",
    }


def public_key(ring: Keyring) -> dict[str, str]:
    """The key that phones seal to: its name and the uncompressed point in base64url."""
    point = _private(_scalar(ring, ring.current)).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return {"id": ring.current, "point": _to_base64(raw)}


def open_envelope(ring: Keyring, envelope: Mapping[str, str], record_id: UUID) -> bytes:
    """What is in an envelope that was sealed for ``record_id``. Raises UnreadableEnvelope.

    Older keys still open, so that a report may wait on a phone while the server's keys are rotated.
    """
    if envelope["key"] not in ring.keys:
        raise UnreadableEnvelope()
    try:
        raw, iv, box = (_from_base64(envelope[name]) for name in ("point", "iv", "box"))
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
        secret = _private(_scalar(ring, envelope["key"])).exchange(ec.ECDH(), theirs)
        key = HKDF(hashes.SHA256(), length=32, salt=raw, info=INFO).derive(secret)
        return AESGCM(key).decrypt(iv, box, str(record_id).encode())
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise UnreadableEnvelope() from error


def _scalar(ring: Keyring, key_id: str) -> int:
    return 1 + int.from_bytes(ring.derived(PURPOSE, key_id), "big") % (ORDER - 1)


@lru_cache(maxsize=16)
def _private(scalar: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(scalar, CURVE)


def _to_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text.translate(_URLSAFE) + "=" * (-len(text) % 4), validate=True)


_URLSAFE = str.maketrans("-_", "+/")


def report_in(
    ring: Keyring,
    envelope: Mapping[str, str],
    client_id: UUID,
    photo_ids: Sequence[UUID],
    *,
    loads: Callable[[str], Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report in an envelope: as it was written, and as ``receive`` takes it.

    ``loads`` reads JSON as strictly as the application does. Raises UnreadableEnvelope; Invalid where the report cannot
    be used, which carries the report, for the phone that sealed it cannot open it again.
    """
    try:
        written = loads(open_envelope(ring, envelope, client_id).decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise UnreadableEnvelope() from error
    if not isinstance(written, dict) or written.get("client_id") != str(client_id):
        raise UnreadableEnvelope()
    try:
        return written, _SCHEMA.load(written | {"photo_ids": [str(photo_id) for photo_id in photo_ids]})
    except ValidationError as error:
        raise returning(Invalid(error.messages), written) from error


def returning(refusal: Refusal, written: Mapping[str, Any]) -> Refusal:
    """The refusal with the report as it was written, so that the resident can mend it."""
    refusal.members["sent"] = {name: value for name, value in written.items() if name != "client_id"}
    return refusal


_SCHEMA = NewReportSchema()
