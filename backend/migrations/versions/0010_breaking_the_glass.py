"""Breaking the glass: whoever may not see an incident opens it for half an hour; signs of life; what measures read"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What is opened is read and nothing else: the first policy of the table, which holds for every command, stays as it
# was. The wall between compartments stays up (INV-6), so police never see an incident of the aid compartment so.
POLICIES = """
CREATE FUNCTION linli_opened() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT coalesce(nullif(current_setting('linli.opened', true), ''), '{}')::uuid[] $$;
CREATE POLICY incident_opened ON incident FOR SELECT USING (
  (SELECT linli_scope()) = 'staff' AND compartment = ANY ((SELECT linli_compartments())::text[])
  AND id = ANY ((SELECT linli_opened())::uuid[])
);
ALTER TABLE broken_glass ENABLE ROW LEVEL SECURITY;
ALTER TABLE broken_glass FORCE ROW LEVEL SECURITY;
CREATE POLICY broken_glass_seen ON broken_glass USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND (person_id::text = current_setting('linli.person', true)
           OR EXISTS (SELECT FROM incident i WHERE i.id = incident_id)))
);
REVOKE DELETE ON broken_glass FROM linli_app;
-- Who a person is must be known before a transaction acts for them, so this is asked from outside row security.
CREATE FUNCTION linli_opened_by(whom uuid, at timestamptz) RETURNS uuid[]
  LANGUAGE sql STABLE SET search_path = public SET linli.scope = 'system' AS
  $$ SELECT coalesce(array_agg(incident_id), '{}') FROM broken_glass
     WHERE person_id = whom AND state = 'open' AND expires_at > at $$;
"""


def words(column: str, *known: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in known)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def upgrade() -> None:
    """Two tables, who sees what was opened, and indexes for the audit and the measures."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "broken_glass",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", moment, nullable=True),
        sa.Column("review_note", sa.LargeBinary(), nullable=True),
        sa.Column("reminded_at", moment, nullable=True),
        words("state", "open", "ended", "expired", "justified", "not_justified"),
        sa.CheckConstraint("reviewed_by <> person_id", name="another_person"),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_at"),
        sa.CheckConstraint("(state IN ('justified', 'not_justified')) = (reviewed_at IS NOT NULL)", name="reviewed_at"),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_broken_glass_incident_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_broken_glass_person_id")),
        sa.ForeignKeyConstraint(["reviewed_by"], ["person.id"], name=op.f("fk_broken_glass_reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_glass")),
    )
    op.create_index(
        "uq_broken_glass_open", "broken_glass", ["person_id", "incident_id"], unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip
    op.create_index("ix_broken_glass_incident_id", "broken_glass", ["incident_id"])
    op.create_index("ix_broken_glass_opened", "broken_glass", ["opened_at", "id"])
    op.create_table(
        "pulse",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("beat_at", moment, nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("told", sa.dialects.postgresql.JSONB(), nullable=False),
        words("kind", "worker", "stream", "backup"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pulse")),
    )
    looks = sa.text("type IN ('IncidentRead', 'AuditRead')")
    op.create_index("ix_event_looks", "event", ["at", "seq"], postgresql_where=looks)
    op.create_index("ix_event_looks_actor", "event", ["actor", "at", "seq"], postgresql_where=looks)
    # Rows lie in the order of these times: a few blocks of summary find a period, and writing one more costs nothing.
    op.create_index("ix_delivery_created", "delivery", ["created_at"], postgresql_using="brin")
    op.create_index("ix_delivery_attempt_at", "delivery_attempt", ["at"], postgresql_using="brin")
    op.create_index("ix_offer_offered", "offer", ["offered_at"], postgresql_using="brin")
    op.execute(POLICIES)
