"""What is asked for with an order (a day, a message), and proposals to change one.

Columns are added in place: making the table anew would lose its triggers on SQLite.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "order_change"


def upgrade() -> None:
    op.execute("ALTER TABLE purchase_order ADD COLUMN requested_on DATE")
    op.execute("ALTER TABLE purchase_order ADD COLUMN message TEXT DEFAULT '' NOT NULL")
    instant = sa.DateTime(timezone=True)
    op.create_table(
        _TABLE,
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("order_id", _KEY, nullable=False),
        sa.Column("side", _word("side", "clinic", "supplier"), nullable=False),
        sa.Column(
            "state",
            _word("changestate", "open", "accepted", "declined", "withdrawn"),
            nullable=False,
        ),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("packs", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by_id", _KEY, nullable=True),
        sa.Column("proposed_at", instant, nullable=False),
        sa.Column("answered_by_id", _KEY, nullable=True),
        sa.Column("answered_at", instant, nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (answered_at IS NULL)", name=op.f("ck_order_change_answered")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["purchase_order.id"],
            name=op.f("fk_order_change_order_id_purchase_order"),
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["person.id"], name=op.f("fk_order_change_proposed_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["person.id"], name=op.f("fk_order_change_answered_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_change")),
    )
    op.create_index("ix_order_change_order", _TABLE, ["order_id", "id"])
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_order_change_open",
        _TABLE,
        ["order_id"],
        unique=True,
        postgresql_where=is_open,
        sqlite_where=is_open,
    )


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    op.drop_table(_TABLE)
    op.execute("ALTER TABLE purchase_order DROP COLUMN message")
    op.execute("ALTER TABLE purchase_order DROP COLUMN requested_on")
