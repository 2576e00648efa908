"""What the bot derives from its key: under which hash a conversation is kept, how it is sealed, and ids that repeat.

The API keeps conversations under a hash and sealed: neither it nor its database or backups know a chat or its receipts.
"""

import base64
import hmac
import secrets
import zlib
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class Unreadable(Exception):
    """Sealed under another key, for another chat, or altered."""


class Keys:
    """Everything that follows from ``LINLI_BOT_KEY``."""

    def __init__(self, key: str) -> None:
        self._key = key.encode()
        self._lookup = self._derived("conversation-key")
        self._ids = self._derived("ids")
        self._box = AESGCM(self._derived("conversation-seal"))

    def _derived(self, purpose: str) -> bytes:
        return hmac.digest(self._key, b"linli-bot/" + purpose.encode(), "sha256")

    def conversation(self, chat: int, user: int) -> str:
        """Under which hash the conversation of this person in this chat is kept: 64 hex characters."""
        return hmac.digest(self._lookup, f"{chat}:{user}".encode(), "sha256").hex()

    def id_of(self, chat: int, update: int) -> str:
        """A UUID that this update always gets again, and that tells nothing of the chat."""
        raw = hmac.digest(self._ids, f"{chat}:{update}".encode(), "sha256")[:16]
        return str(UUID(bytes=raw, version=4))

    def seal(self, plain: bytes, name: str) -> str:
        """Seal for the conversation ``name``; base64url."""
        nonce = secrets.token_bytes(NONCE)
        box = self._box.encrypt(nonce, zlib.compress(plain), name.encode())
        return base64.urlsafe_b64encode(nonce + box).decode().rstrip("=")

    def open(self, sealed: str, name: str) -> bytes:
        """What was sealed for ``name``. Raises Unreadable."""
        try:
            raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            return zlib.decompress(self._box.decrypt(raw[:NONCE], raw[NONCE:], name.encode()))
        except (InvalidTag, ValueError, zlib.error) as error:
            raise Unreadable from error


def webhook_path(token: str) -> str:
    """Where Telegram calls: made from a hash of the token, so that no one guesses it."""
    return "/telegram/" + hmac.digest(token.encode(), b"linli-webhook-path", "sha256").hex()[:32]


def webhook_secret(token: str) -> str:
    """What Telegram shows in its header with every call."""
    return hmac.digest(token.encode(), b"linli-webhook-secret", "sha256").hex()
