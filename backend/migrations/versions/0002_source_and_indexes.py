"""What one source sends; quicker checks of what is inserted; positions in the index of cells"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A check by a function: a policy's subqueries are prepared for every statement, even where the scope decides alone.
WRITES = """
CREATE FUNCTION linli_writes(which uuid) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN CASE linli_scope()
    WHEN 'system' THEN true
    WHEN 'staff' THEN EXISTS (SELECT FROM incident i WHERE i.id = which)
    ELSE false END;
END $$
"""
PARTS = ("ownership", "clock", "goal", "report", "thread_message", "decision", "offer")

# The first owner since the opening, as nearly every incident has at its commit, is seen in one look.
TILES = """
CREATE OR REPLACE FUNCTION ownership_tiles() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
  which uuid;
  held record;
BEGIN
  IF TG_TABLE_NAME = 'incident' THEN which := NEW.id;
  ELSIF TG_OP = 'DELETE' THEN which := OLD.incident_id;
  ELSE which := NEW.incident_id;
  END IF;
  IF EXISTS (
    SELECT FROM incident i JOIN ownership o ON o.incident_id = i.id
    WHERE i.id = which AND upper_inf(o.during) AND lower(o.during) = i.opened_at
      AND o.org_id = i.owner_org_id AND o.desk_id IS NOT DISTINCT FROM i.owner_desk_id
      AND o.person_id IS NOT DISTINCT FROM i.owner_person_id
      AND NOT EXISTS (SELECT FROM ownership p WHERE p.incident_id = which AND p.id <> o.id)
  ) THEN RETURN NULL; END IF;
  SELECT i.opened_at, i.owner_org_id, i.owner_desk_id, i.owner_person_id INTO held FROM incident i WHERE i.id = which;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF NOT EXISTS (
    SELECT FROM ownership o WHERE o.incident_id = which AND upper_inf(o.during)
      AND o.org_id = held.owner_org_id AND o.desk_id IS NOT DISTINCT FROM held.owner_desk_id
      AND o.person_id IS NOT DISTINCT FROM held.owner_person_id
  ) THEN
    RAISE EXCEPTION 'incident % would be without its owner', which USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF EXISTS (
    SELECT FROM ownership o WHERE o.incident_id = which AND lower(o.during) <> held.opened_at
      AND NOT EXISTS (SELECT FROM ownership p WHERE p.incident_id = which AND upper(p.during) = lower(o.during))
  ) OR NOT EXISTS (SELECT FROM ownership o WHERE o.incident_id = which AND lower(o.during) = held.opened_at) THEN
    RAISE EXCEPTION 'incident % would have a gap between owners', which USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """The column is empty for what was sent before."""
    op.add_column("report", sa.Column("source", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_report_source", "report", ["source", "received_at"], postgresql_where=sa.text("source IS NOT NULL")
    )
    op.execute(WRITES)
    for part in PARTS:
        op.execute(f"ALTER POLICY {part}_seen ON {part} WITH CHECK (linli_writes(incident_id))")
    op.execute(TILES)
    for resolution in (8, 6, 4):
        name = f"ix_responder_cell_{resolution}"
        op.drop_index(name, "responder")
        op.create_index(
            name,
            "responder",
            [f"cell_{resolution}", "lat", "lon"],
            postgresql_include=["person_id", "skills", "nights", "on_duty_until", "org_id"],
            postgresql_where=sa.text("available"),
        )
