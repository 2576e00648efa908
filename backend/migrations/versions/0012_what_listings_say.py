"""What requests and offers of help say in codes, and the whole life of a match"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNITS = ("portion", "kg", "litre", "piece", "box", "set", "hour", "trip", "night")
RESOURCES = (
    "food", "water", "blanket", "clothing", "bed", "tent", "heater", "generator", "pump", "vehicle", "tool",
    "medicine_box", "mask", "hygiene", "room", "staff_time", "transport", "phone_charging", "other",
)
WENT = ("well", "so_so", "badly")
OPEN = "ended_at IS NULL"
# As backend/policy/defaults/categories.yaml had the classes of R19 at this revision.
RISK = """
UPDATE aid_listing SET risk = CASE
  WHEN category IN ('AID01', 'AID02', 'AID04', 'AID09') THEN 'doorstep'
  WHEN category IN ('AID03', 'AID10') THEN 'outdoors'
  WHEN category = 'AID05' THEN 'in_home'
  WHEN category IN ('AID06', 'AID11') THEN 'care'
  WHEN category = 'AID07' THEN 'money'
  WHEN category = 'AID08' THEN 'none' END
"""
# Open requests and offers that were never on the board: coordinators match them as well. Their cell is not known here.
OTHERS = """
INSERT INTO aid_listing (id, report_id, direction, category, on_board, language, listed_at, waiting_since, expires_at)
SELECT gen_random_uuid(), r.id, CASE r.kind WHEN 'aid_request' THEN 'request' ELSE 'offer' END, i.category, false,
       r.language, date_trunc('hour', r.received_at), r.received_at,
       now() + CASE r.kind WHEN 'aid_request' THEN interval '14 days' ELSE interval '30 days' END
FROM report r JOIN incident i ON i.id = r.incident_id
WHERE r.kind IN ('aid_request', 'aid_offer') AND r.withdrawn_at IS NULL AND i.closed_at IS NULL
  AND NOT EXISTS (SELECT FROM aid_listing l WHERE l.report_id = r.id)
"""

# Those who wait for longer already are told of at once. A day and three days, as R19 had it.
RUNGS = """
UPDATE aid_listing SET rungs_s = '{86400,259200}', next_rung_at = waiting_since + interval '1 day'
WHERE direction = 'request' AND ended_at IS NULL
"""


def check(table: str, name: str, said: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, said)


def one_of(column: str, known: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in known)})"


def upgrade() -> None:
    """Listings of before say nothing more; they waited since they were listed."""
    op.execute("SELECT set_config('linli.scope', 'system', true)")
    listings()
    matches()


def listings() -> None:
    moment, words = sa.DateTime(timezone=True), postgresql.ARRAY(sa.Text())
    added = {
        "kept_off": sa.Text(), "windows": postgresql.JSONB(), "amount": sa.Numeric(9, 2), "unit": sa.Text(),
        "people": sa.BigInteger(), "languages": words, "accessibility": words, "conditions": words,
        "for_another": postgresql.JSONB(), "for_source": sa.LargeBinary(), "risk": sa.Text(), "resource": sa.Text(),
        "organisation_id": sa.Uuid(), "person_id": sa.Uuid(), "waiting_since": moment, "asked_at": moment,
        "rungs_s": postgresql.ARRAY(sa.BigInteger()), "next_rung_at": moment,
    }
    for name, kind in added.items():
        op.add_column("aid_listing", sa.Column(name, kind, nullable=True))
    op.add_column("aid_listing", sa.Column("rungs_told", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("aid_listing", sa.Column("on_board", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.alter_column("aid_listing", "on_board", server_default=None)
    for name in ("category", "cell", "wide_cell"):
        op.alter_column("aid_listing", name, nullable=True)
    op.execute("UPDATE aid_listing SET waiting_since = listed_at")
    op.execute(OTHERS)
    op.execute(RISK)
    op.execute(RUNGS)
    op.alter_column("aid_listing", "waiting_since", nullable=False)
    for column, target in (("organisation_id", "organisation"), ("person_id", "person")):
        op.create_foreign_key(op.f(f"fk_aid_listing_{column}"), "aid_listing", target, [column], ["id"])
        op.create_index(op.f(f"ix_aid_listing_{column}"), "aid_listing", [column])
    op.drop_constraint(op.f("ck_aid_listing_ended_why"), "aid_listing")
    check("aid_listing", "ended_why", one_of("ended_why", ("expired", "over", "taken_off", "not_needed", "met")))
    check("aid_listing", "unit", one_of("unit", UNITS))
    check("aid_listing", "resource", one_of("resource", RESOURCES))
    check("aid_listing", "amount", "amount > 0")
    check("aid_listing", "people", "people > 0")
    check("aid_listing", "on_board", "NOT on_board OR (category IS NOT NULL AND cell IS NOT NULL)")
    still = sa.text(OPEN)
    op.create_index(
        "ix_aid_listing_need", "aid_listing", ["direction", "category", "wide_cell"], postgresql_where=still
    )
    op.create_index("ix_aid_listing_rung", "aid_listing", ["next_rung_at"], postgresql_where=still)
    op.create_index("ix_aid_listing_expires", "aid_listing", ["expires_at"], postgresql_where=still)


def matches() -> None:
    moment = sa.DateTime(timezone=True)
    added = {
        "proposed_by": sa.Uuid(), "request_shares_at": moment, "offer_shares_at": moment, "asked_at": moment,
        "handed_at": moment,
        "request_went": sa.Text(), "offer_went": sa.Text(),
    }
    for name, kind in added.items():
        op.add_column("aid_match", sa.Column(name, kind, nullable=True))
    op.alter_column("aid_match", "answered_by", nullable=True)
    op.create_foreign_key(op.f("fk_aid_match_proposed_by"), "aid_match", "person", ["proposed_by"], ["id"])
    op.create_index(op.f("ix_aid_match_proposed_by"), "aid_match", ["proposed_by"])
    check("aid_match", "begun", "answered_by IS NOT NULL OR proposed_by IS NOT NULL")
    check("aid_match", "request_went", one_of("request_went", WENT))
    check("aid_match", "offer_went", one_of("offer_went", WENT))
    op.create_index(
        "ix_aid_match_moved", "aid_match", ["moved_at"],
        postgresql_where=sa.text("state IN ('tentative', 'accepted_by_one', 'accepted', 'in_progress')"),
    )
