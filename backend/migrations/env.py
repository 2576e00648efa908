"""Alembic's entry: one transaction for all migrations, as the database's owner."""

from alembic import context

from backend.models import metadata


def run() -> None:
    """Migrate over the connection that ``backend.kernel.migrate`` hands in."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


run()
