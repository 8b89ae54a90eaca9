"""Find what is open, or ended of late, without going through all there ever was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0076"
branch_labels = None
depends_on = None

PARTIAL = (
    ("ix_alert_resolved", "alert", "resolved_at", "resolved_at IS NOT NULL"),
    ("ix_stock_count_open", "stock_count", "clinic_id", "status = 'open'"),
)
WHOLE = (
    ("ix_stock_count_ended", "stock_count", "ended_at"),
    ("ix_purchase_order_stage", "purchase_order", "stage"),
    ("ix_purchase_order_placed", "purchase_order", "placed_at"),
)


def upgrade() -> None:
    for name, table, column, where in PARTIAL:
        op.create_index(
            name, table, [column], postgresql_where=sa.text(where), sqlite_where=sa.text(where)
        )
    for name, table, column in WHOLE:
        op.create_index(name, table, [column])


def downgrade() -> None:
    for name, table, _column in reversed(WHOLE):
        op.drop_index(name, table)
    for name, table, _column, _where in reversed(PARTIAL):
        op.drop_index(name, table)
