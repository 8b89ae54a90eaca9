"""Who reads what is answered to a mail, where that is not who sends it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("reply_to_address", sa.String(254), nullable=True))
    op.add_column(
        "mail", sa.Column("reply_to_name", sa.String(200), nullable=False, server_default="")
    )


def downgrade() -> None:
    with op.batch_alter_table("mail") as batch:
        batch.drop_column("reply_to_name")
        batch.drop_column("reply_to_address")
