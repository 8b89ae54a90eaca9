"""Counts of what is really there, and their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stock_count",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "posted",
                "cancelled",
                "undone",
                name="countstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "begun_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status = 'open') = (ended_at IS NULL)", name=op.f("ck_stock_count_ended")
        ),
        sa.ForeignKeyConstraint(
            ["begun_by_id"], ["person.id"], name=op.f("fk_stock_count_begun_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_stock_count_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["ended_by_id"], ["person.id"], name=op.f("fk_stock_count_ended_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_stock_count_entry_id_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_count")),
    )
    with op.batch_alter_table("stock_count", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stock_count_clinic_begun", ["clinic_id", "begun_at"], unique=False
        )

    op.create_table(
        "count_line",
        sa.Column("count_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=True),
        sa.Column("rests", sa.JSON(), nullable=True),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "counted_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("before", sa.BigInteger(), nullable=True),
        sa.Column(
            "before_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        sa.Column("difference", sa.BigInteger(), nullable=True),
        sa.Column("value_minor", sa.BigInteger(), nullable=True),
        sa.Column(
            "cause",
            sa.Enum(
                "missed_entry",
                "miscounted",
                "found",
                "expired",
                "lost",
                "not_said",
                name="differencecause",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(counted IS NULL) = (counted_at IS NULL)", name=op.f("ck_count_line_moment")
        ),
        sa.CheckConstraint(
            "(expected IS NULL) = (difference IS NULL)", name=op.f("ck_count_line_posted")
        ),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_count_line_counted")),
        sa.ForeignKeyConstraint(
            ["before_by_id"], ["person.id"], name=op.f("fk_count_line_before_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["count_id"], ["stock_count.id"], name=op.f("fk_count_line_count_id_stock_count")
        ),
        sa.ForeignKeyConstraint(
            ["counted_by_id"], ["person.id"], name=op.f("fk_count_line_counted_by_id_person")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_count_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_count_line_location_id_location")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_line_lot_id_lot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_line")),
        sa.UniqueConstraint(
            "count_id",
            "location_id",
            "lot_id",
            name=op.f("uq_count_line_count_id_location_id_lot_id"),
        ),
    )
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.create_index("ix_count_line_lot", ["lot_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.drop_index("ix_count_line_lot")

    op.drop_table("count_line")
    with op.batch_alter_table("stock_count", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_count_clinic_begun")

    op.drop_table("stock_count")
