"""Rights of residents, keeping and erasing, legal holds; agreements and shares; what police do not see"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
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
# A body sees the agreements to which it is a party. What staff noted police do not read, but for their own (INV-6).
WALLS = """
ALTER TABLE agreement ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement FORCE ROW LEVEL SECURITY;
CREATE POLICY agreement_seen ON agreement USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff'
      AND ARRAY[from_org_id, to_org_id] && (SELECT linli_organisations())::uuid[])
);
CREATE POLICY note_walled ON note AS RESTRICTIVE FOR SELECT USING (
  (SELECT linli_scope()) = 'system' OR 'notes' = ANY ((SELECT linli_compartments())::text[])
  OR written_by::text = current_setting('linli.person', true)
);
UPDATE incident SET compartment = 'grievance' WHERE category = 'CN15' AND compartment = 'incident';
REVOKE DELETE ON erasure, legal_hold, share, agreement FROM linli_app;
"""


def words(column: str, *known: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in known)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def refer(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


MOMENT = sa.DateTime(timezone=True)


def column(name: str, kind: object, *, missing: bool = False) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=missing)  # type: ignore[arg-type]


def upgrade() -> None:
    """Six tables, who sees their rows, and the third compartment."""
    op.add_column("report", sa.Column("erased_at", MOMENT, nullable=True))
    op.drop_constraint(op.f("ck_incident_compartment"), "incident", type_="check")
    op.create_check_constraint(
        op.f("ck_incident_compartment"), "incident", "compartment IN ('incident', 'aid', 'grievance')"
    )
    op.create_index("ix_incident_closed", "incident", ["closed_at"], postgresql_where=sa.text("closed_at IS NOT NULL"))
    rights_request()
    erasing()
    sharing()
    for part in ("rights_request", "erasure", "legal_hold", "expired", "share"):
        op.execute(POLICY.format(part=part))
    op.execute(WALLS)


def rights_request() -> None:
    op.create_table(
        "rights_request",
        column("id", sa.Uuid()),
        column("report_id", sa.Uuid()),
        column("incident_id", sa.Uuid()),
        column("kind", sa.Text()),
        column("state", sa.Text()),
        column("asked", sa.LargeBinary(), missing=True),
        column("corrected", sa.LargeBinary(), missing=True),
        column("opened_at", MOMENT),
        column("due_at", MOMENT),
        column("next_at", MOMENT, missing=True),
        column("org_id", sa.Uuid()),
        column("desk_id", sa.Uuid()),
        column("reason", sa.Text(), missing=True),
        column("answer", sa.LargeBinary(), missing=True),
        column("answered_by", sa.Uuid(), missing=True),
        column("answered_at", MOMENT, missing=True),
        column("appeal_answered_by", sa.Uuid(), missing=True),
        words("kind", "see", "correct", "object", "erase"),
        words("state", "open", "granted", "partly", "refused", "taken_back", "appealed", "partly_upheld", "refusal_upheld"),
        words("reason", "danger_goes_on", "legal_duty", "legal_claim", "others_safety", "not_true", "not_ours"),
        sa.CheckConstraint("appeal_answered_by <> answered_by", name="another_person"),
        refer("rights_request", "report_id", "report"),
        refer("rights_request", "incident_id", "incident"),
        refer("rights_request", "org_id", "organisation"),
        refer("rights_request", "desk_id", "desk"),
        refer("rights_request", "answered_by", "person"),
        refer("rights_request", "appeal_answered_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_request")),
    )
    op.create_index(op.f("ix_rights_request_report_id"), "rights_request", ["report_id"])
    op.create_index(op.f("ix_rights_request_incident_id"), "rights_request", ["incident_id"])
    op.create_index(
        "ix_rights_request_due", "rights_request", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.create_index("ix_rights_request_opened", "rights_request", ["opened_at", "id"])


def erasing() -> None:
    op.create_table(
        "erasure",
        column("id", sa.Uuid()),
        column("incident_id", sa.Uuid()),
        column("report_id", sa.Uuid(), missing=True),
        column("parts", postgresql.ARRAY(sa.Text())),
        column("files", postgresql.ARRAY(sa.Uuid())),
        column("why", sa.Text()),
        column("at", MOMENT),
        column("carried_at", MOMENT, missing=True),
        words("why", "request", "retention"),
        refer("erasure", "incident_id", "incident"),
        refer("erasure", "report_id", "report"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_incident_id"), "erasure", ["incident_id"])
    op.create_index(op.f("ix_erasure_report_id"), "erasure", ["report_id"])
    op.create_index("ix_erasure_to_carry", "erasure", ["at"], postgresql_where=sa.text("carried_at IS NULL"))
    op.create_table(
        "legal_hold",
        column("id", sa.Uuid()),
        column("incident_id", sa.Uuid()),
        column("reason", sa.Text()),
        column("set_by", sa.Uuid(), missing=True),
        column("set_at", MOMENT),
        column("lifted_by", sa.Uuid(), missing=True),
        column("lifted_at", MOMENT, missing=True),
        refer("legal_hold", "incident_id", "incident"),
        refer("legal_hold", "set_by", "person"),
        refer("legal_hold", "lifted_by", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_incident_id"), "legal_hold", ["incident_id"])
    op.create_index(
        "uq_legal_hold_standing", "legal_hold", ["incident_id"], unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "expired",
        column("incident_id", sa.Uuid()),
        column("part", sa.Text()),
        column("at", MOMENT, missing=True),
        column("retry_at", MOMENT, missing=True),
        words("part", "contact", "position", "pictures", "words", "staff_words"),
        refer("expired", "incident_id", "incident"),
        sa.PrimaryKeyConstraint("incident_id", "part", name=op.f("pk_expired")),
    )


def sharing() -> None:
    op.create_table(
        "agreement",
        column("id", sa.Uuid()),
        column("from_org_id", sa.Uuid()),
        column("to_org_id", sa.Uuid()),
        column("purpose", sa.Text()),
        column("legal_basis", sa.Text()),
        column("fields", postgresql.ARRAY(sa.Text())),
        column("categories", postgresql.ARRAY(sa.Text())),
        column("valid_from", MOMENT),
        column("valid_to", MOMENT),
        column("state", sa.Text()),
        column("proposed_by", sa.Uuid()),
        column("proposed_at", MOMENT),
        column("proposed_by_org_id", sa.Uuid()),
        column("accepted_by", sa.Uuid(), missing=True),
        column("accepted_at", MOMENT, missing=True),
        column("ended_at", MOMENT, missing=True),
        words("state", "proposed", "in_force", "ended", "expired"),
        sa.CheckConstraint("from_org_id <> to_org_id", name="two"),
        sa.CheckConstraint("valid_to > valid_from", name="ends"),
        *(refer("agreement", name, "organisation") for name in ("from_org_id", "to_org_id", "proposed_by_org_id")),
        *(refer("agreement", name, "person") for name in ("proposed_by", "accepted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index(op.f("ix_agreement_from_org_id"), "agreement", ["from_org_id"])
    op.create_index(op.f("ix_agreement_to_org_id"), "agreement", ["to_org_id"])
    op.create_index(
        "ix_agreement_ends", "agreement", ["valid_to"], postgresql_where=sa.text("state IN ('proposed','in_force')")
    )
    op.create_table(
        "share",
        column("id", sa.Uuid()),
        column("incident_id", sa.Uuid()),
        column("from_org_id", sa.Uuid()),
        column("to_org_id", sa.Uuid()),
        column("fields", postgresql.ARRAY(sa.Text())),
        column("basis", sa.Text()),
        column("agreement_id", sa.Uuid(), missing=True),
        column("reason", sa.LargeBinary(), missing=True),
        column("decision", sa.Text()),
        column("decided_by", sa.Uuid()),
        column("at", MOMENT),
        column("until", MOMENT),
        column("ended_at", MOMENT, missing=True),
        column("tell_at", MOMENT),
        column("told_at", MOMENT, missing=True),
        column("review_due_at", MOMENT, missing=True),
        column("reviewed_by", sa.Uuid(), missing=True),
        column("reviewed_at", MOMENT, missing=True),
        words("basis", "agreement", "consent", "legal_duty", "vital_interest"),
        words("decision", "shared", "not_shared"),
        sa.CheckConstraint("(basis = 'agreement') = (agreement_id IS NOT NULL)", name="agreement"),
        sa.CheckConstraint("reviewed_by <> decided_by", name="another_person"),
        refer("share", "incident_id", "incident"),
        refer("share", "agreement_id", "agreement"),
        *(refer("share", name, "organisation") for name in ("from_org_id", "to_org_id")),
        *(refer("share", name, "person") for name in ("decided_by", "reviewed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
    )
    op.create_index(op.f("ix_share_incident_id"), "share", ["incident_id"])
    op.create_index(op.f("ix_share_to_org_id"), "share", ["to_org_id"])
    op.create_index(op.f("ix_share_agreement_id"), "share", ["agreement_id"])
    op.create_index("ix_share_review", "share", ["review_due_at"], postgresql_where=sa.text("reviewed_at IS NULL"))
