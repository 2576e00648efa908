"""Configuration that lives in memory: each room has a version, and a cache is right while the version is.

``act_as`` brings all versions with its one statement, so that a cache costs a request nothing.
"""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.kernel.database import Base, versions_of

Value = TypeVar("Value")
WAIT_S = 0.3


class ConfigVersion(Base):
    """How often the configuration of a room has changed."""

    __tablename__ = "config_version"
    room: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]


def bump(session: Session, room: str) -> None:
    """Mark the configuration of ``room`` as changed, in the transaction of the change."""
    session.execute(
        text(
            "INSERT INTO config_version (room, version) VALUES (:room, 1)"
            " ON CONFLICT (room) DO UPDATE SET version = config_version.version + 1"
        ),
        {"room": room},
    )


class Cached(Generic[Value]):
    """One value made from the configuration of one or more rooms, made anew when a version has changed."""

    def __init__(self, *rooms: str, load: Callable[[Session], Value]) -> None:
        self._rooms, self._load = rooms, load
        self._lock = threading.Lock()
        self._held: tuple[tuple[object, ...], Value] | None = None

    def get(self, session: Session) -> Value:
        """The value that fits the versions which ``act_as`` found in this transaction."""
        versions = versions_of(session)
        # The address of the database is part of the key: tests and tools open more than one in a process.
        wanted = (session.info["database"], *(versions.get(room, 0) for room in self._rooms))
        held = self._held
        if held and held[0] == wanted:
            return held[1]
        # One loads for all, but nobody waits for long: whoever loads may be waiting in the database for a row that the
        # one who waits here has written and not committed. Both would stand until the database's patience ends.
        is_mine = self._lock.acquire(timeout=WAIT_S)
        try:
            held = self._held
            if not held or held[0] != wanted:
                held = self._held = (wanted, self._load(session))
            return held[1]
        finally:
            if is_mine:
                self._lock.release()
