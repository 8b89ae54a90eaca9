"""Seals over the ledger and the audit, which take no update and no delete."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0049"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    digests = ("entry_digest", "move_digest", "audit_row_digest", "digest")
    op.create_table(
        "seal",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        *(sa.Column(f"{kind}_to", KEY, nullable=False) for kind in ("entry", "move", "audit_row")),
        *(sa.Column(name, sa.String(64), nullable=False) for name in digests),
        sa.CheckConstraint("number > 0", name=op.f("ck_seal_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    op.drop_table("seal")


def _guard_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'seal is append-only'); END"
    for what in ("update", "delete"):
        op.execute(f"CREATE TRIGGER seal_refuses_{what} BEFORE {what.upper()} ON seal {refuse}")
    taken = "EXISTS (SELECT 1 FROM seal WHERE number = NEW.number)"
    op.execute(f"CREATE TRIGGER seal_refuses_replace BEFORE INSERT ON seal WHEN {taken} {refuse}")


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER seal_refuses_change BEFORE UPDATE OR DELETE ON seal "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER seal_refuses_truncate BEFORE TRUNCATE ON seal "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
