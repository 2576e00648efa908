"""Aid between neighbours: listings, matches, messages"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Staff see them with the incident, in the compartment aid alone, which police do not have (INV-6). What neighbours
# write to each other no staff sees.
POLICIES = """
ALTER TABLE aid_listing ENABLE ROW LEVEL SECURITY;
ALTER TABLE aid_listing FORCE ROW LEVEL SECURITY;
CREATE POLICY aid_listing_seen ON aid_listing USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND 'aid' = ANY ((SELECT linli_compartments())::text[])
      AND EXISTS (SELECT FROM report r WHERE r.id = report_id))
);
ALTER TABLE aid_match ENABLE ROW LEVEL SECURITY;
ALTER TABLE aid_match FORCE ROW LEVEL SECURITY;
CREATE POLICY aid_match_seen ON aid_match USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND 'aid' = ANY ((SELECT linli_compartments())::text[])
      AND EXISTS (SELECT FROM report r WHERE r.id IN (request_report_id, offer_report_id)))
);
ALTER TABLE aid_message ENABLE ROW LEVEL SECURITY;
ALTER TABLE aid_message FORCE ROW LEVEL SECURITY;
CREATE POLICY aid_message_seen ON aid_message USING ((SELECT linli_scope()) = 'system');
"""


def words(column: str, *known: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in known)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


def upgrade() -> None:
    """Three tables, and who sees their rows."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "aid_listing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("days", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("wide_cell", sa.BigInteger(), nullable=False),
        sa.Column("listed_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        words("direction", "request", "offer"),
        words("days", "soon", "week", "often", "any"),
        words("ended_why", "expired", "over", "taken_off"),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_aid_listing_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_listing")),
        sa.UniqueConstraint("report_id", name=op.f("uq_aid_listing_report_id")),
    )
    op.create_index(
        "ix_aid_listing_near", "aid_listing", ["wide_cell", "listed_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "aid_match",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("listing_id", sa.Uuid(), nullable=False),
        sa.Column("request_report_id", sa.Uuid(), nullable=False),
        sa.Column("offer_report_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", moment, nullable=False),
        sa.Column("moved_at", moment, nullable=False),
        sa.Column("request_accepted_at", moment, nullable=True),
        sa.Column("offer_accepted_at", moment, nullable=True),
        sa.Column("request_done_at", moment, nullable=True),
        sa.Column("offer_done_at", moment, nullable=True),
        sa.Column("worried", sa.Text(), nullable=True),
        words(
            "state", "tentative", "accepted_by_one", "accepted", "in_progress", "done", "failed", "frozen", "cancelled"
        ),
        words("answered_by", "request", "offer"),
        words("worried", "request", "offer"),
        sa.ForeignKeyConstraint(["listing_id"], ["aid_listing.id"], name=op.f("fk_aid_match_listing_id")),
        sa.ForeignKeyConstraint(["request_report_id"], ["report.id"], name=op.f("fk_aid_match_request_report_id")),
        sa.ForeignKeyConstraint(["offer_report_id"], ["report.id"], name=op.f("fk_aid_match_offer_report_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_match")),
        sa.UniqueConstraint(
            "request_report_id", "offer_report_id", name=op.f("uq_aid_match_request_report_id_offer_report_id")
        ),
    )
    op.create_index(op.f("ix_aid_match_listing_id"), "aid_match", ["listing_id"])
    op.create_index("ix_aid_match_offer", "aid_match", ["offer_report_id"])
    op.create_table(
        "aid_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        words("side", "request", "offer"),
        sa.ForeignKeyConstraint(["match_id"], ["aid_match.id"], name=op.f("fk_aid_message_match_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aid_message")),
    )
    op.create_index("ix_aid_message_match", "aid_message", ["match_id", "at"])
    op.execute(POLICIES)
