"""What suppliers answer to an order, line by line, and the substitutes they offer.

Columns are added in place: making the tables anew would lose their triggers on SQLite.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _add("purchase_order", "ship_on DATE")
    _add(
        "order_line",
        "offered INTEGER DEFAULT '0' NOT NULL CONSTRAINT ck_order_line_offered CHECK"
        " (offered >= 0 AND shipped + cancelled + offered <= packs + resend)",
    )
    _add(
        "order_line",
        "unsupplied INTEGER DEFAULT '0' NOT NULL CONSTRAINT ck_order_line_unsupplied CHECK"
        " (unsupplied >= 0 AND unsupplied <= cancelled)",
    )
    _add("order_line", "declined_why TEXT DEFAULT '' NOT NULL")
    key = _KEY.compile(dialect=op.get_bind().dialect)
    name = "fk_order_line_instead_of_id_order_line"
    _add("order_line", f"instead_of_id {key} CONSTRAINT {name} REFERENCES order_line (id)")
    op.execute(
        "UPDATE order_line SET unsupplied = cancelled WHERE order_id IN"
        " (SELECT id FROM purchase_order WHERE stage = 'declined')"
    )
    _make_offers()


def downgrade() -> None:
    op.drop_table("substitute_offer")
    for column in ("instead_of_id", "declined_why", "unsupplied", "offered"):
        op.execute(f"ALTER TABLE order_line DROP COLUMN {column}")
    op.execute("ALTER TABLE purchase_order DROP COLUMN ship_on")


def _add(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _make_offers() -> None:
    op.create_table(
        "substitute_offer",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("order_line_id", _KEY, nullable=False),
        sa.Column("product_id", _KEY, nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.Integer(), nullable=False),
        sa.Column("pack_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "tax_category", _word("taxcategory", "S", "Z", "E", "K", "G", "O"), nullable=False
        ),
        sa.Column("tax_basis_points", sa.Integer(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            _word("offerstatus", "open", "accepted", "refused", "withdrawn"),
            nullable=False,
        ),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", _KEY, nullable=True),
        sa.CheckConstraint("packs > 0 AND replaces > 0", name=op.f("ck_substitute_offer_packs")),
        sa.CheckConstraint("pack_minor >= 0", name=op.f("ck_substitute_offer_pack_minor")),
        sa.CheckConstraint(
            "(status = 'open') = (answered_at IS NULL)",
            name=op.f("ck_substitute_offer_answered"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_substitute_offer_order_line_id_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_substitute_offer_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"],
            ["person.id"],
            name=op.f("fk_substitute_offer_answered_by_id_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitute_offer")),
    )
    op.create_index("ix_substitute_offer_order_line_id", "substitute_offer", ["order_line_id"])
    op.create_index(
        "uq_substitute_offer_open",
        "substitute_offer",
        ["order_line_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
        sqlite_where=sa.text("status = 'open'"),
    )


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
