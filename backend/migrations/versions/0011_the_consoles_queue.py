"""The console's queue: the order by risk, saved views, and who looks at what"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# As backend/incidents/rules.py had the classes of promises at this revision.
BOUNDS_S = (190, 424, 1039, 2546, 7200, 20365, 35273, 61094, 122188, 211636, 395935, 722874, 1022299, 1770673)
PACE = (
    "CASE WHEN due_at IS NOT NULL THEN width_bucket(extract(epoch FROM due_at - coalesce(due_since, opened_at)),"
    f" ARRAY[{', '.join(map(str, BOUNDS_S))}]::numeric[])::smallint END"
)
SINCE = """
UPDATE incident i SET due_since = c.started_at FROM clock c
WHERE c.incident_id = i.id AND c.state = 'running' AND c.due_at = i.due_at AND i.closed_at IS NULL
"""
# Who looks at an incident is seen by those who see the incident.
LOOKING = """
ALTER TABLE looking ENABLE ROW LEVEL SECURITY;
ALTER TABLE looking FORCE ROW LEVEL SECURITY;
CREATE POLICY looking_seen ON looking USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND EXISTS (SELECT FROM incident i WHERE i.id = incident_id))
)
"""


def upgrade() -> None:
    """Promises that run already count from their clock."""
    moment = sa.DateTime(timezone=True)
    op.add_column("incident", sa.Column("due_since", moment, nullable=True))
    op.execute(SINCE)
    op.add_column("incident", sa.Column("pace", sa.SmallInteger(), sa.Computed(PACE, persisted=True), nullable=True))
    op.create_index(
        "ix_incident_risk", "incident", ["pace", "due_at", "id"], postgresql_where=sa.text("closed_at IS NULL")
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("filters", postgresql.JSONB(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id")),
    )
    op.create_index(op.f("ix_saved_view_person_id"), "saved_view", ["person_id"])
    op.create_index(
        "uq_saved_view_default", "saved_view", ["person_id"], unique=True, postgresql_where=sa.text("is_default")
    )
    op.create_table(
        "looking",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "person_id", name=op.f("pk_looking")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_looking_incident_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_looking_person_id")),
    )
    op.create_index(op.f("ix_looking_until"), "looking", ["until"])
    op.execute(LOOKING)
