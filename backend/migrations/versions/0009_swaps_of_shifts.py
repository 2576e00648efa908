"""Swaps of shifts between colleagues, and desks that want them confirmed"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One table; a desk that is there already wants no confirmation."""
    moment = sa.DateTime(timezone=True)
    op.add_column("desk", sa.Column("confirms_swaps", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "shift_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("desk_id", sa.Uuid(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("return_shift_id", sa.Uuid(), nullable=True),
        sa.Column("from_person_id", sa.Uuid(), nullable=False),
        sa.Column("to_person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("answered_at", moment, nullable=True),
        sa.Column("settled_at", moment, nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'accepted', 'done', 'declined', 'refused', 'withdrawn', 'lapsed')", name="state"
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_shift_swap_desk_id")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_shift_swap_shift_id")),
        sa.ForeignKeyConstraint(["return_shift_id"], ["shift.id"], name=op.f("fk_shift_swap_return_shift_id")),
        sa.ForeignKeyConstraint(["from_person_id"], ["person.id"], name=op.f("fk_shift_swap_from_person_id")),
        sa.ForeignKeyConstraint(["to_person_id"], ["person.id"], name=op.f("fk_shift_swap_to_person_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["person.id"], name=op.f("fk_shift_swap_settled_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_swap")),
    )
    op.create_index(
        "uq_shift_swap_open", "shift_swap", ["shift_id"], unique=True,
        postgresql_where=sa.text("state IN ('asked', 'accepted')"),
    )  # fmt: skip
    op.create_index("ix_shift_swap_desk", "shift_swap", ["desk_id", "asked_at"])
    for column in ("return_shift_id", "from_person_id", "to_person_id"):
        op.create_index(op.f(f"ix_shift_swap_{column}"), "shift_swap", [column])
