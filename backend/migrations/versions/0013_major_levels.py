"""How grave a major incident is"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A level beside the flag; what was major before has none."""
    op.add_column("incident", sa.Column("major_level", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_incident_major_level"), "incident", "major_level IS NULL OR (major AND major_level BETWEEN 1 AND 4)"
    )
