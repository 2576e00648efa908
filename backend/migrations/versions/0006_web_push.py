"""Where a resident's phone is told that there is news"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Reports that came before have no phone to tell."""
    op.add_column("report", sa.Column("push", sa.LargeBinary(), nullable=True))
