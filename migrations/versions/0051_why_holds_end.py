"""Where what is held stands, and why a hold was released."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0059"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hold", sa.Column("stands_at", sa.Text(), server_default="", nullable=False))
    op.add_column("hold", sa.Column("release_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("hold", "release_reason")
    op.drop_column("hold", "stands_at")
