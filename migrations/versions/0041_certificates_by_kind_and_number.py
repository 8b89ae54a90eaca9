"""Certificates by kind and number, and whose end was told of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0042"
branch_labels = None
depends_on = None

TEXTS = ("certificate_kind", "certificate_number")


def upgrade() -> None:
    for table in ("invitation", "membership"):
        for name in TEXTS:
            op.add_column(
                table, sa.Column(name, sa.String(length=80), server_default="", nullable=False)
            )
    op.add_column("membership", sa.Column("certificate_told_for", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("membership", "certificate_told_for")
    for table in ("invitation", "membership"):
        for name in TEXTS:
            op.drop_column(table, name)
