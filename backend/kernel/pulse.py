"""Signs of life: each process that works on its own says every few seconds that it lives, and a backup that it was made.

A row says when its process began, when it last spoke, which version it is, and what it has to tell: codes and times.
"""

import os
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import orjson
from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from backend.kernel.database import Base
from backend.kernel.jobs import Executor

KINDS = ("worker", "stream", "backup")
BEAT_S = 5.0
# A process that has said nothing for so long is gone; its row is of use to nobody.
FORGOTTEN = timedelta(days=1)


class Pulse(Base):
    """The last sign of life of a process or a kind of work."""

    __tablename__ = "pulse"
    __table_args__ = (CheckConstraint("kind IN ({})".format(", ".join(f"'{one}'" for one in KINDS)), name="kind"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    began_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    version: Mapped[str]
    told: Mapped[dict[str, Any]]


@lru_cache(maxsize=1)
def program_version() -> str:
    """The version of this program."""
    try:
        return version("linli")
    except PackageNotFoundError:
        return "unknown"


@lru_cache(maxsize=4)
def _name_of(kind: str, pid: int) -> str:
    return f"{kind}:{pid}:{secrets.token_hex(4)}"


def own_name(kind: str) -> str:
    """What this process is called in its row: nothing of the machine's name or address."""
    return _name_of(kind, os.getpid())


_BEAT = text(
    "INSERT INTO pulse (name, kind, began_at, beat_at, version, told)"
    " VALUES (:name, :kind, :now, :now, :version, CAST(:told AS jsonb)) ON CONFLICT (name) DO UPDATE"
    " SET beat_at = excluded.beat_at, version = excluded.version, told = excluded.told"
)
_FORGET = text("DELETE FROM pulse WHERE kind <> 'backup' AND beat_at < :before")
_END = text("DELETE FROM pulse WHERE name = :name")


def beat(session: Executor, kind: str, *, now: datetime, told: Mapping[str, Any], name: str = "") -> None:
    """Write a sign of life in the present transaction; ``name`` where it is not this process's own."""
    said = {"name": name or own_name(kind), "kind": kind, "now": now, "version": program_version()}
    session.execute(_BEAT, said | {"told": orjson.dumps(dict(told)).decode()})
    session.execute(_FORGET, {"before": now - FORGOTTEN})


def end(session: Session, kind: str) -> None:
    """Take this process's row away: it ends as it should."""
    session.execute(_END, {"name": own_name(kind)})
