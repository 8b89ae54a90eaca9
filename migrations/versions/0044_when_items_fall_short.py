"""The day on which an item is expected to fall short, as the last sweep saw it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("learned_use", sa.Column("short_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("learned_use", "short_on")
