"""Since when a mail is set aside; the index of waiting mails leaves it out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mail", sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=True))
    _index_where("sent_at IS NULL AND set_aside_at IS NULL")


def downgrade() -> None:
    _index_where("sent_at IS NULL")
    with op.batch_alter_table("mail") as batch:
        batch.drop_column("set_aside_at")


def _index_where(condition: str) -> None:
    op.drop_index("ix_mail_waiting", table_name="mail")
    where = sa.text(condition)
    op.create_index(
        "ix_mail_waiting", "mail", ["due_at"], postgresql_where=where, sqlite_where=where
    )
