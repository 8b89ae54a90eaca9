"""The sessions from which the use of a new item is reckoned."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("learned_use", sa.Column("reckoned_from", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("learned_use", "reckoned_from")
