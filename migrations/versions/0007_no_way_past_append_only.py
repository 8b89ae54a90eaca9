"""On SQLite a REPLACE takes a row's place past the triggers that refuse a delete: refuse it too."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPEND_ONLY = ("entry", "move", "audit_row", "order_event")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in APPEND_ONLY:
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"  # noqa: S608 - our names
        if table == "entry":
            # Its only other unique key: REPLACE would remove the row that has it.
            taken += (
                " OR (NEW.reverses_id IS NOT NULL AND EXISTS"
                " (SELECT 1 FROM entry WHERE reverses_id = NEW.reverses_id))"
            )
        op.execute(
            f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {taken} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER {table}_refuses_replace")
