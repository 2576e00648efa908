"""Listings by their small cell, so that those near are found among very many"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index."""
    op.create_index(
        "ix_aid_listing_cell", "aid_listing", ["cell", "direction", "category"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
