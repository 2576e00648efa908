"""Who sends a web push, proven to the push service by a signed token (VAPID, RFC 8292).

The key is derived from the first master key: it stays when keys are rotated, because subscriptions are bound to it.
"""

import base64
import json
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.kernel.sealed import Keyring

CURVE = ec.SECP256R1()
# The order of the curve's group (SEC 2, secp256r1): private keys are 1 to ORDER - 1.
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# Push services take a token for a day at most.
GOOD_FOR = timedelta(hours=12)


def public_key(ring: Keyring) -> str:
    """The key that phones subscribe with: the uncompressed point in base64url."""
    raw = _key(ring).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _base64(raw)


def authorization(ring: Keyring, endpoint: str, *, subject: str, now: datetime) -> str:
    """The header that proves to the push service of ``endpoint`` who sends; ``subject`` is where it may complain."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + GOOD_FOR).timestamp()), "sub": subject,
    }  # fmt: skip
    said = ".".join(_base64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(_key(ring).sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    signature = _base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={said}.{signature}, k={public_key(ring)}"


def _key(ring: Keyring) -> ec.EllipticCurvePrivateKey:
    return _private(1 + int.from_bytes(ring.derived("push"), "big") % (ORDER - 1))


@lru_cache(maxsize=16)
def _private(scalar: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(scalar, CURVE)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
