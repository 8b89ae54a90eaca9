"""No id of a deleted row is given to another.

PostgreSQL never does; SQLite does unless a table is made so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = ("membership", "order_line", "shipment", "shipment_line")


def upgrade() -> None:
    """Make the tables anew from which rows are deleted that pages name by id."""
    _make_anew(autoincrement=True)


def downgrade() -> None:
    """Go back to ids that may come again."""
    _make_anew(autoincrement=False)


def _make_anew(*, autoincrement: bool) -> None:
    """Make the tables anew, with their triggers, which SQLite drops with the old ones."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        triggers = _triggers(table)
        options = {"sqlite_autoincrement": autoincrement}
        with op.batch_alter_table(table, recreate="always", table_kwargs=options):
            pass
        for trigger in triggers:
            op.execute(sa.text(trigger))


def _triggers(table: str) -> list[str]:
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    return list(op.get_bind().scalars(query, {"table": table}))
