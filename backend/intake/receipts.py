"""Receipts: the code by which a resident finds a report again, short enough to read out on the telephone.

A code has 15 random characters of Crockford's base32 (75 bits) and one check character. It is made from the
report's ``client_id`` by HMAC under a key outside the database, so that a repeated call gets the same code again
although no code is stored: the database holds a keyed hash alone.
"""

import hmac
from uuid import UUID

from backend.kernel.sealed import Keyring
from backend.kernel.spoken import ALPHABET, grouped, heard

RANDOM_CHARACTERS = 15


def receipt_for(ring: Keyring, client_id: UUID) -> str:
    """The receipt of the report with this ``client_id``, in groups of four: ``7KQF-2M9D-X4TB-0WHR``."""
    number = int.from_bytes(hmac.digest(ring.derived("receipt"), client_id.bytes, "sha256"), "big")
    body = "".join(ALPHABET[(number >> (5 * at)) & 31] for at in range(RANDOM_CHARACTERS))
    return grouped(body + _check(body))


def normal_form(said: str) -> str | None:
    """The code in what a person typed or read out; None when it cannot be one (wrong length or check character)."""
    code = heard(said)
    if code is None or len(code) != RANDOM_CHARACTERS + 1:
        return None
    return code if code[-1] == _check(code[:-1]) else None


def _check(body: str) -> str:
    # Weights 1, 3, 5, ... are odd, so every single wrong character changes the sum; most swaps do too.
    return ALPHABET[sum(ALPHABET.index(sign) * (2 * at + 1) for at, sign in enumerate(body)) % 32]


def receipt_hash(ring: Keyring, code: str) -> bytes:
    """What is stored of a receipt. A keyed hash is enough for 75 bits of chance (docs/adr/0003-receipts.md)."""
    normal = normal_form(code)
    if normal is None:
        raise ValueError("not a receipt")
    return ring.hashed("receipt-hash", normal)
