"""Tasks on incidents, and disputes between bodies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What belongs to an incident is seen by those who see the incident.
POLICY = """
ALTER TABLE {part} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {part} FORCE ROW LEVEL SECURITY;
CREATE POLICY {part}_seen ON {part} USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND EXISTS (SELECT FROM incident i WHERE i.id = incident_id))
);
"""


def words(column: str, *known: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in known)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def refer(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Two tables, and who sees their rows."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("title", sa.LargeBinary(), nullable=True),
        sa.Column("duty", sa.Boolean(), nullable=False),
        sa.Column("org_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("moved_by", sa.Uuid(), nullable=True),
        sa.Column("moved_at", moment, nullable=False),
        words("state", "todo", "doing", "blocked", "done", "cancelled"),
        sa.CheckConstraint("code IS NOT NULL OR title IS NOT NULL", name="titled"),
        *(refer("task", column, "person") for column in ("person_id", "made_by", "moved_by")),
        refer("task", "incident_id", "incident"),
        refer("task", "org_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_incident_id"), "task", ["incident_id"])
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("with_org_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.LargeBinary(), nullable=True),
        sa.Column("called", postgresql.JSONB(), nullable=False),
        sa.Column("whistle_reason", sa.Text(), nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("closed_at", moment, nullable=True),
        words("state", "open", "talking", "three_way", "whistled", "decided", "appealed", "closed"),
        words("kind", "lead", "resource", "information", "grade", "closure"),
        words("whistle_reason", "nobody_leads", "help_missing", "unsafe", "too_slow"),
        *(refer("dispute", column, "person") for column in ("opened_by", "decided_by")),
        refer("dispute", "incident_id", "incident"),
        refer("dispute", "with_org_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_incident_id"), "dispute", ["incident_id"])
    op.create_index(
        "uq_dispute_open", "dispute", ["incident_id"], unique=True, postgresql_where=sa.text("state <> 'closed'")
    )
    op.create_index("ix_dispute_due", "dispute", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    for part in ("task", "dispute"):
        op.execute(POLICY.format(part=part))
