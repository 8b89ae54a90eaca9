"""Recalls: what is called back, whom it reaches, their lots, and who was told when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0068"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_recall()
    _make_recall_lot()
    _make_recall_practice()
    _make_recall_product()
    _make_recalled_lot()
    _make_recall_told()


def downgrade() -> None:
    for table in (
        "recall_told",
        "recalled_lot",
        "recall_product",
        "recall_practice",
        "recall_lot",
        "recall",
    ):
        op.drop_table(table)


def _make_recall() -> None:
    op.create_table(
        "recall",
        sa.Column("supplier_id", KEY, nullable=False),
        sa.Column("is_drill", sa.Boolean(), nullable=False),
        sa.Column(
            "recall_class",
            sa.Enum(
                "I",
                "II",
                "III",
                name="recallclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("deadline", sa.Date(), nullable=True),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("reply_wanted", sa.Boolean(), nullable=False),
        sa.Column("all_lots", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "closed",
                name="recallstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declared_by_id", KEY, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", KEY, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_recall_closed")
        ),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR status = 'closed'", name=op.f("ck_recall_withdrawn")
        ),
        sa.ForeignKeyConstraint(
            ["declared_by_id"], ["person.id"], name=op.f("fk_recall_declared_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_recall_supplier_id_supplier")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"], ["person.id"], name=op.f("fk_recall_withdrawn_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
    )
    op.create_index(
        "ix_recall_all_lots",
        "recall",
        ["id"],
        postgresql_where=sa.text("all_lots"),
        sqlite_where=sa.text("all_lots"),
    )
    op.create_index(
        "uq_recall_fingerprint",
        "recall",
        ["supplier_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def _make_recall_lot() -> None:
    op.create_table(
        "recall_lot",
        sa.Column("recall_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("normalised", sa.String(length=80), nullable=False),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recall_lot_recall_id_recall")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_lot")),
        sa.UniqueConstraint(
            "recall_id", "normalised", name=op.f("uq_recall_lot_recall_id_normalised")
        ),
    )
    op.create_index("ix_recall_lot_normalised", "recall_lot", ["normalised"])


def _make_recall_practice() -> None:
    op.create_table(
        "recall_practice",
        sa.Column("recall_id", KEY, nullable=False),
        sa.Column("practice_id", KEY, nullable=False),
        sa.Column("depot_of_id", KEY, nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", KEY, nullable=True),
        sa.Column(
            "answer",
            sa.Enum(
                "none_here",
                "found",
                name="recallanswer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (answer IS NULL)", name=op.f("ck_recall_practice_answer")
        ),
        sa.CheckConstraint("reminders >= 0", name=op.f("ck_recall_practice_reminders")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by_id"],
            ["person.id"],
            name=op.f("fk_recall_practice_acknowledged_by_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["depot_of_id"], ["supplier.id"], name=op.f("fk_recall_practice_depot_of_id_supplier")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_recall_practice_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recall_practice_recall_id_recall")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_practice")),
        sa.UniqueConstraint(
            "recall_id", "practice_id", name=op.f("uq_recall_practice_recall_id_practice_id")
        ),
    )
    op.create_index("ix_recall_practice_practice", "recall_practice", ["practice_id", "recall_id"])
    op.create_index(
        "ix_recall_practice_waiting",
        "recall_practice",
        ["id"],
        postgresql_where=sa.text("reached_at IS NULL"),
        sqlite_where=sa.text("reached_at IS NULL"),
    )


def _make_recall_product() -> None:
    op.create_table(
        "recall_product",
        sa.Column("recall_id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_recall_product_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recall_product_recall_id_recall")
        ),
        sa.PrimaryKeyConstraint("recall_id", "product_id", name=op.f("pk_recall_product")),
    )
    op.create_index(op.f("ix_recall_product_product_id"), "recall_product", ["product_id"])


def _make_recalled_lot() -> None:
    op.create_table(
        "recalled_lot",
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("recall_id", KEY, nullable=False),
        sa.Column("practice_id", KEY, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_recalled_lot_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_recalled_lot_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["recall_id"], ["recall.id"], name=op.f("fk_recalled_lot_recall_id_recall")
        ),
        sa.PrimaryKeyConstraint("lot_id", "recall_id", name=op.f("pk_recalled_lot")),
    )
    op.create_index("ix_recalled_lot_practice", "recalled_lot", ["recall_id", "practice_id"])


def _make_recall_told() -> None:
    op.create_table(
        "recall_told",
        sa.Column("recall_practice_id", KEY, nullable=False),
        sa.Column(
            "telling",
            sa.Enum(
                "declared",
                "found_later",
                "reminder",
                "withdrawn",
                name="telling",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("mail_id", KEY, nullable=True),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_recall_told_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["recall_practice_id"],
            ["recall_practice.id"],
            name=op.f("fk_recall_told_recall_practice_id_recall_practice"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_told")),
    )
    op.create_index(
        op.f("ix_recall_told_recall_practice_id"), "recall_told", ["recall_practice_id"]
    )
