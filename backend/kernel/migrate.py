"""Bring a database to the present schema, by Alembic, one process at a time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

# Any constant does; it only has to be the same in every process that migrates.
MIGRATION_LOCK = 7_146_001


def config() -> Config:
    """Alembic's configuration: where the migrations lie."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    return made


def migrate(engine: Engine) -> str:
    """Run every migration that is missing and return the revision reached. Safe to call from many processes."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
        return MigrationContext.configure(connection).get_current_revision() or ""


def is_current(engine: Engine) -> bool:
    """Whether the database has the schema that this program expects."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(config()).get_current_head()
