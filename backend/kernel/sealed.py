"""Sealed fields: AES-256-GCM under a key of the record's own, wrapped by a key outside the database.

Erasing a record's key erases the person's words everywhere, backups of the database included. The record's id
and the field's name are bound in as associated data, so that a sealed value cannot be moved to another place.
"""

import base64
import hmac
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import LargeBinary, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.kernel.database import Base

NONCE_BYTES = 12


class RecordKey(Base):
    """The wrapped key of one record; the row is deleted when the person's words are to be gone."""

    __tablename__ = "record_key"
    record_id: Mapped[UUID] = mapped_column(primary_key=True)
    key_id: Mapped[str]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class Unreadable(Exception):
    """A sealed value cannot be opened: its key was erased, or it was moved or changed."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys outside the database. ``current`` wraps new record keys; older ones still open."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def derived(self, purpose: str, key_id: str | None = None) -> bytes:
        """A key for one purpose (receipts, blind index), from the master key by HMAC-SHA256."""
        return _derived(self.keys[key_id or self.oldest], purpose)

    def hashed(self, purpose: str, value: str) -> bytes:
        """A value as a hash that means nothing without the key of its purpose (HMAC-SHA256)."""
        return hmac.digest(self.derived(purpose), value.encode("utf-8", "surrogatepass"), "sha256")

    def digest(self, purpose: str, content: bytes) -> bytes:
        """The same of bytes: for what holds addresses or numbers, which anybody could try out against a plain hash."""
        return hmac.digest(self.derived(purpose), content, "sha256")

    @property
    def oldest(self) -> str:
        """The first key: what is derived from it stays the same when the wrapping key is rotated."""
        return min(self.keys)


@lru_cache(maxsize=32)
def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), "sha256")


def load_keyring(data: Path, configured: bytes = b"") -> Keyring:
    """Read the keys: the configured one, or the file ``keys.json`` under ``data``, made on the first start."""
    if configured:
        return Keyring("k1", {"k1": configured})
    path = data / "keys.json"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        _write_keys(path, "k1", {"k1": os.urandom(32)})
    stored = json.loads(path.read_text())
    return Keyring(stored["current"], {name: base64.b64decode(raw) for name, raw in stored["keys"].items()})


def add_key(data: Path) -> Keyring:
    """Add a fresh master key to ``keys.json`` and make it the one that wraps."""
    ring = load_keyring(data)
    name = f"k{len(ring.keys) + 1}"
    _write_keys(data / "keys.json", name, {**ring.keys, name: os.urandom(32)})
    return load_keyring(data)


def _write_keys(path: Path, current: str, keys: Mapping[str, bytes]) -> None:
    body = {"current": current, "keys": {name: base64.b64encode(key).decode() for name, key in keys.items()}}
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(fresh, path) if not path.exists() else fresh.replace(path)
    except FileExistsError:
        return  # another process made the first key at the same moment; its key counts
    finally:
        fresh.unlink(missing_ok=True)


class Seal:
    """Seals and opens the fields of one record."""

    def __init__(self, record_id: UUID, key: bytes) -> None:
        self.record_id, self._cipher, self._key = record_id, AESGCM(key), key

    @classmethod
    def fresh(cls, record_id: UUID) -> "Seal":
        """A seal with a new key, to be stored by ``row``."""
        return cls(record_id, AESGCM.generate_key(256))

    def row(self, ring: Keyring, now: datetime) -> dict[str, Any]:
        """The ``record_key`` row that lets the record be opened later."""
        return {
            "record_id": self.record_id,
            "key_id": ring.current,
            "wrapped": _wrap(ring.keys[ring.current], self.record_id, self._key),
            "created_at": now,
        }

    def close(self, name: str, value: object) -> bytes | None:
        """Seal a value (text or anything JSON can hold); None stays None."""
        if value is None:
            return None
        return self.close_bytes(name, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))

    def close_bytes(self, name: str, plain: bytes) -> bytes:
        """Seal bytes."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, self._bound(name))

    def open(self, name: str, sealed: bytes | None) -> Any:
        """Open a sealed value; raises Unreadable."""
        return None if sealed is None else json.loads(self.open_bytes(name, sealed).decode("utf-8", "surrogatepass"))

    def open_bytes(self, name: str, sealed: bytes) -> bytes:
        """Open sealed bytes; raises Unreadable."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(name))
        except InvalidTag as error:
            raise Unreadable(f"{name} of {self.record_id}") from error

    def _bound(self, name: str) -> bytes:
        return f"{self.record_id}:{name}".encode()


def _wrap(master: bytes, record_id: UUID, key: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, record_id.bytes)


def unwrap(ring: Keyring, row: RecordKey) -> Seal:
    """The seal of a stored record key."""
    master = AESGCM(ring.keys[row.key_id])
    try:
        key = master.decrypt(row.wrapped[:NONCE_BYTES], row.wrapped[NONCE_BYTES:], row.record_id.bytes)
    except InvalidTag as error:
        raise Unreadable(f"key of {row.record_id}") from error
    return Seal(row.record_id, key)


def seals_of(session: Session, ring: Keyring, record_ids: Iterable[UUID]) -> dict[UUID, Seal]:
    """The seals of those records whose key still exists, in one statement."""
    wanted = list(record_ids)
    if not wanted:
        return {}
    rows = session.scalars(select(RecordKey).where(RecordKey.record_id.in_(wanted)))
    return {row.record_id: unwrap(ring, row) for row in rows}


def seal_of(session: Session, ring: Keyring, record_id: UUID) -> Seal:
    """The seal of one record; raises Unreadable when its key was erased."""
    seals = seals_of(session, ring, [record_id])
    if record_id not in seals:
        raise Unreadable(f"key of {record_id}")
    return seals[record_id]


def rewrap(session: Session, ring: Keyring, *, batch: int = 1000) -> int:
    """Wrap up to ``batch`` record keys anew under the current master key; return how many were."""
    rows = list(
        session.scalars(
            select(RecordKey).where(RecordKey.key_id != ring.current).limit(batch).with_for_update(skip_locked=True)
        )
    )
    for row in rows:
        seal = unwrap(ring, row)
        row.wrapped = _wrap(ring.keys[ring.current], row.record_id, seal._key)
        row.key_id = ring.current
    return len(rows)


def record_key_table() -> Table:
    """The table of record keys, for rows that are written together with others."""
    table = RecordKey.__table__
    assert isinstance(table, Table)
    return table
