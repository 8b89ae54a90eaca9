"""Suppliers that a practice puts away; what differs in a payment that is held, as facts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("supplier", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("payment", sa.Column("differences", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("payment", "differences")
    op.drop_column("supplier", "archived_at")
