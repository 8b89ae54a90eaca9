"""A person's language is one they chose, or none: then they read in that of where they work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _anew(sa.Column("anew", sa.String(20)))
    else:
        op.alter_column("person", "locale", nullable=True)
    # Everybody began with it, so it says nothing.
    op.execute("UPDATE person SET locale = NULL WHERE locale = 'en'")


def downgrade() -> None:
    op.execute("UPDATE person SET locale = 'en' WHERE locale IS NULL")
    if op.get_bind().dialect.name == "sqlite":
        _anew(sa.Column("anew", sa.String(20), server_default="en", nullable=False))
    else:
        op.alter_column("person", "locale", nullable=False)


def _anew(column: sa.Column[str]) -> None:
    """Put ``column`` in the place of the old one: SQLite changes none in place."""
    op.add_column("person", column)
    op.execute("UPDATE person SET anew = locale")
    op.drop_column("person", "locale")
    op.execute("ALTER TABLE person RENAME COLUMN anew TO locale")
