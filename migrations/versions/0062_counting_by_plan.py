"""Classes of items, limits of counts, and lines that another is to count again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0066"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_limits()
    _make_classes()
    with op.batch_alter_table("stock_count", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=True))
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("again", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def _make_limits() -> None:
    op.create_table(
        "count_limits",
        sa.Column("clinic_id", KEY, nullable=False),
        sa.Column("recount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recount_percent", sa.Integer(), nullable=False),
        sa.Column("days_a", sa.Integer(), nullable=False),
        sa.Column("days_b", sa.Integer(), nullable=False),
        sa.Column("days_c", sa.Integer(), nullable=False),
        sa.CheckConstraint("recount_minor > 0", name=op.f("ck_count_limits_recount_minor")),
        sa.CheckConstraint(
            "recount_percent BETWEEN 1 AND 100", name=op.f("ck_count_limits_recount_percent")
        ),
        sa.CheckConstraint(
            "days_a > 0 AND days_b > 0 AND days_c > 0", name=op.f("ck_count_limits_days")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_count_limits_clinic_id_clinic")
        ),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_count_limits")),
    )


def _make_classes() -> None:
    op.create_table(
        "classed_item",
        sa.Column("clinic_id", KEY, nullable=False),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column(
            "word",
            sa.Enum(
                "a",
                "b",
                "c",
                name="itemclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("classed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_classed_item_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_classed_item_item_id_item")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "item_id", name=op.f("pk_classed_item")),
    )
    with op.batch_alter_table("classed_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_classed_item_item_id"), ["item_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.drop_column("again")
    with op.batch_alter_table("stock_count", schema=None) as batch_op:
        batch_op.drop_column("note")
    op.drop_table("classed_item")
    op.drop_table("count_limits")
