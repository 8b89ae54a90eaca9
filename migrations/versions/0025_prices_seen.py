"""The price of a pack that whoever filled a basket has seen. Added in place, for the triggers."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE order_line ADD COLUMN seen_minor BIGINT"
        " CONSTRAINT ck_order_line_seen_minor CHECK (seen_minor >= 0)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE order_line DROP COLUMN seen_minor")
