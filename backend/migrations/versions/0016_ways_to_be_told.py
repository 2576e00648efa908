"""How people and bodies want to be told, services of desks, addresses that bounced, and how providers fare"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

CHANNELS = ("in_app", "email", "webhook", "telegram", "push", "sms", "service")
QUIET = "(quiet_from IS NULL) = (quiet_to IS NULL)"


def upgrade() -> None:
    """Whoever is there already chose nothing: they are told as before."""
    moment = sa.DateTime(timezone=True)
    for table in ("person", "organisation"):
        op.add_column(table, sa.Column("ways", postgresql.ARRAY(sa.Text()), nullable=True))
        op.add_column(table, sa.Column("quiet_from", sa.Time(), nullable=True))
        op.add_column(table, sa.Column("quiet_to", sa.Time(), nullable=True))
        op.create_check_constraint("quiet", table, QUIET)
    op.add_column("organisation", sa.Column("language", sa.Text(), nullable=True))
    for table in ("person", "desk"):
        op.add_column(table, sa.Column("email_bounced_at", moment, nullable=True))
    op.drop_constraint("channel", "delivery", type_="check")
    op.create_check_constraint("channel", "delivery", f"channel IN ({', '.join(map(repr, CHANNELS))})")
    op.create_index(
        "ix_delivery_sos", "delivery", ["created_at"],
        postgresql_where=sa.text("lane = 'sos' AND state IN ('waiting','handed_over')"),
    )  # fmt: skip
    op.create_table(
        "desk_service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("desk_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("url", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_desk_service_desk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_service")),
        sa.UniqueConstraint("desk_id", name=op.f("uq_desk_service_desk_id")),
    )
    op.create_table(
        "provider",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("probe_at", moment, nullable=True),
        sa.Column("wait_s", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('working', 'down', 'trying')", name="state"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_provider")),
    )
    op.create_table(
        "printed_roster",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_roster")),
    )
