"""Whether Linli can do its work, and the figures that say how well: for machines and people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.kernel.database import SYSTEM, act_as
from backend.kernel.migrate import config
from backend.kernel.sealed import Keyring, RecordKey, Unreadable, unwrap

DELIVERY_STATES = ("waiting", "held", "handed_over", "delivered", "seen", "failed", "not_sent")
GRADES = (1, 2, 3, 4, 5)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What must hold before requests are sent here. ``worker_age_s`` informs: intake needs no worker."""

    database: bool = False
    schema: bool = False
    keys: bool = False
    worker_age_s: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether reports can be taken."""
        return self.database and self.schema and self.keys


def readiness(engine: Engine, ring: Keyring) -> Readiness:
    """Ask the database. Never raises: a database that is away is an answer."""
    try:
        with Session(engine) as session:
            if not is_schema_current(session.connection()):
                return Readiness(database=True)
            return Readiness(True, True, are_keys_readable(session, ring), worker_age_s(session))
    except SQLAlchemyError:
        return Readiness()


@lru_cache(maxsize=1)
def expected_revision() -> str:
    """The schema that this program expects."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


def found_revision(connection: Connection) -> str:
    """The schema that the database has; empty when it has none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_schema_current(connection: Connection) -> bool:
    """Whether the database has the schema that this program expects."""
    return found_revision(connection) == expected_revision()


def are_keys_readable(session: Session, ring: Keyring) -> bool:
    """Whether the present keys open what is stored: one record stands for all that share its key."""
    row = session.scalars(select(RecordKey).limit(1)).one_or_none()
    try:
        return row is None or bool(unwrap(ring, row))
    except (Unreadable, KeyError, ValueError):
        return False


def worker_age_s(session: Session) -> float | None:
    """Seconds since a worker last said that it lives; None when none is known."""
    age = session.scalar(text("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers"))
    return None if age is None else max(0.0, float(age))


def overdue_s(session: Session, *, now: datetime) -> float:
    """Seconds by which the oldest waiting delivery is late; 0 when none is."""
    due = session.scalar(
        text("SELECT min(due_at) FROM delivery WHERE state = 'waiting' AND due_at < :now"), {"now": now}
    )
    return (now - due).total_seconds() if due else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts for Prometheus; none of them tells of a person."""

    open_incidents: Mapping[int, int] = field(default_factory=dict)
    deliveries: Mapping[str, int] = field(default_factory=dict)
    overdue_s: float = 0.0
    worker_age_s: float | None = None


def figures(session: Session, *, now: datetime) -> Figures:
    """Count, in the name of the system."""
    act_as(session, SYSTEM)
    grades = session.execute(text("SELECT grade, count(*) FROM incident WHERE closed_at IS NULL GROUP BY grade"))
    states = session.execute(text("SELECT state, count(*) FROM delivery GROUP BY state"))
    return Figures(
        dict.fromkeys(GRADES, 0) | {row[0]: row[1] for row in grades},
        dict.fromkeys(DELIVERY_STATES, 0) | {row[0]: row[1] for row in states},
        overdue_s(session, now=now),
        worker_age_s(session),
    )


# Where one of these fails, a query that forgets its filter shows another area or compartment.
_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = 'linli_app'")
_UNFORCED = text(
    "SELECT relname FROM pg_class WHERE oid IN (SELECT polrelid FROM pg_policy)"
    " AND NOT (relrowsecurity AND relforcerowsecurity) ORDER BY relname"
)
_PRIVATE = text("SELECT EXISTS (SELECT FROM incident), EXISTS (SELECT FROM report), EXISTS (SELECT FROM delivery)")


def row_security_gaps(connection: Connection) -> list[str]:
    """What keeps row security from being in force; empty when it is. Leaves the transaction in the role."""
    strong = connection.scalar(_ROLE)
    if strong is None:
        return ["the role linli_app does not exist"]
    gaps = ["the role linli_app bypasses row security"] if strong else []
    gaps += [f"row security of the table {name} is not forced" for name in connection.scalars(_UNFORCED)]
    connection.execute(text("SET LOCAL ROLE linli_app"))
    connection.execute(text("SELECT set_config('linli.scope', 'none', true)"))
    if any(connection.execute(_PRIVATE).one()):
        gaps.append("somebody who acts for nobody sees incidents, reports or deliveries")
    return gaps


def unknown_keys(session: Session, ring: Keyring) -> Mapping[str, int]:
    """How many records are wrapped by each key that is not in the ring."""
    rows = session.execute(text("SELECT key_id, count(*) FROM record_key GROUP BY key_id"))
    return {key_id: count for key_id, count in rows if key_id not in ring.keys}
