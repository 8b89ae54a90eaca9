"""Who may take prescription-only goods in: a choice per member, given to all there are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    given = sa.Column(
        "receives_prescription_only", sa.Boolean(), nullable=False, server_default=sa.true()
    )
    op.add_column("membership", given)


def downgrade() -> None:
    op.drop_column("membership", "receives_prescription_only")
