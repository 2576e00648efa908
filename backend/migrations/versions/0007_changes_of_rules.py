"""Changes of rules: drafts with their revisions, who did what with them, and what a draft would have changed"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = (
    "draft", "linted", "simulated", "proposed", "approved", "scheduled", "effective", "superseded", "rolled_back",
    "withdrawn",
)  # fmt: skip

# What was written down stays as it was; of a result only those who see the incident see the row.
PROMISES = """
REVOKE UPDATE, DELETE ON policy_step FROM linli_app;
REVOKE UPDATE, DELETE ON policy_revision FROM linli_app;
ALTER TABLE policy_simulation_result ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_simulation_result FORCE ROW LEVEL SECURITY;
CREATE POLICY policy_simulation_result_seen ON policy_simulation_result USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND (incident_id IS NULL OR EXISTS (SELECT FROM incident i WHERE i.id = incident_id)))
);
"""
# Layers that were taken before become the first change of their place, so that each later one can be rolled back.
FIRST_CHANGES = """
INSERT INTO policy_change (id, area_id, kind, state, title, why, revision, author, created_at, changed_at,
  effective_at, snapshot)
SELECT gen_random_uuid(), l.area_id, 'import', 'effective', l.name, '', 1,
  coalesce((array_agg(r.owner ORDER BY r.id DESC) FILTER (WHERE r.id IS NOT NULL))[1], 'system'),
  l.created_at, l.created_at, l.created_at,
  jsonb_build_object('name', l.name, 'rules',
    coalesce(jsonb_object_agg(r.code, r.body ORDER BY r.version) FILTER (WHERE r.id IS NOT NULL), '{}'))
FROM policy_layer l LEFT JOIN policy_rule r ON r.layer_id = l.id AND r.state = 'active'
GROUP BY l.id;
INSERT INTO policy_revision (change_id, number, name, edits, base, saved_by, saved_at)
SELECT id, 1, snapshot->>'name', snapshot->'rules', '{}', author, created_at FROM policy_change;
"""


def words(column: str, *known: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in known)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def upgrade() -> None:
    """Six tables; an index by which past decisions are read in order."""
    _changes()
    _revisions()
    _simulations()
    op.create_index(
        "ix_decision_intake", "decision", ["at", "id"], postgresql_where=sa.text("kind = 'intake'")
    )
    op.execute(PROMISES)
    op.execute(FIRST_CHANGES)


def _changes() -> None:
    op.create_table(
        "policy_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("effective_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("restores_id", sa.Uuid(), nullable=True),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("snapshot", JSONB(), nullable=True),
        words("kind", "edit", "import", "roll_back"),
        words("state", *STATES),
        sa.CheckConstraint("(state = 'scheduled') <= (due_at IS NOT NULL)", name="due"),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_policy_change_area_id")),
        sa.ForeignKeyConstraint(["restores_id"], ["policy_change.id"], name=op.f("fk_policy_change_restores_id")),
        sa.ForeignKeyConstraint(["before_id"], ["policy_change.id"], name=op.f("fk_policy_change_before_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_change")),
    )
    op.create_index("ix_policy_change_newest", "policy_change", ["created_at", "id"])
    op.create_index("ix_policy_change_due", "policy_change", ["due_at"], postgresql_where=sa.text("state = 'scheduled'"))
    op.create_index(
        "uq_policy_change_effective", "policy_change", [sa.text("coalesce(area_id, 0)")], unique=True,
        postgresql_where=sa.text("state = 'effective'"),
    )  # fmt: skip


def _revisions() -> None:
    op.create_table(
        "policy_revision",
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("edits", JSONB(), nullable=False),
        sa.Column("base", JSONB(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["change_id"], ["policy_change.id"], name=op.f("fk_policy_revision_change_id")),
        sa.PrimaryKeyConstraint("change_id", "number", name=op.f("pk_policy_revision")),
    )
    op.create_table(
        "policy_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        words("to_state", *STATES),
        sa.ForeignKeyConstraint(["change_id"], ["policy_change.id"], name=op.f("fk_policy_step_change_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_step")),
    )
    op.create_index(op.f("ix_policy_step_change_id"), "policy_step", ["change_id"])


def _simulations() -> None:
    op.create_table(
        "policy_simulation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("change_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bodies", JSONB(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=True),
        sa.Column("holds_at", MOMENT, nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("sees_areas", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("sees_organisations", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sees_compartments", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("stop_asked", sa.Boolean(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unreadable", sa.BigInteger(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("summary", JSONB(), nullable=False),
        sa.Column("position", JSONB(), nullable=True),
        words("source", "past", "file"),
        words("state", "waiting", "running", "done", "cancelled", "failed"),
        sa.ForeignKeyConstraint(["change_id"], ["policy_change.id"], name=op.f("fk_policy_simulation_change_id")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_policy_simulation_area_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_simulation")),
    )
    op.create_index("ix_policy_simulation_newest", "policy_simulation", ["asked_at", "id"])
    op.create_index(op.f("ix_policy_simulation_change_id"), "policy_simulation", ["change_id"])
    for name, columns in (("case", _case_columns()), ("result", _result_columns())):
        table = f"policy_simulation_{name}"
        op.create_table(
            table,
            sa.Column("simulation_id", sa.Uuid(), nullable=False),
            sa.Column("seq", sa.BigInteger(), nullable=False),
            *columns,
            sa.ForeignKeyConstraint(["simulation_id"], ["policy_simulation.id"], name=op.f(f"fk_{table}_simulation_id")),
            sa.PrimaryKeyConstraint("simulation_id", "seq", name=op.f(f"pk_{table}")),
        )


def _case_columns() -> list[sa.Column[object] | sa.ForeignKeyConstraint]:
    return [sa.Column("facts", JSONB(), nullable=False), sa.Column("area_id", sa.BigInteger(), nullable=True)]


def _result_columns() -> list[sa.Column[object] | sa.ForeignKeyConstraint]:
    return [
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("changed", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("before", JSONB(), nullable=False),
        sa.Column("after", JSONB(), nullable=False),
        sa.Column("rules", JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incident.id"], name=op.f("fk_policy_simulation_result_incident_id"), ondelete="CASCADE"
        ),
    ]
