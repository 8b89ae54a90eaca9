"""Templates: named lists of what a clinic orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "order_template",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("clinic_id", _KEY, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("created_by_id", _KEY, nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("changed_at", instant, nullable=False),
        sa.Column("deleted_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_order_template_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_order_template_created_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_template")),
    )
    there = sa.text("deleted_at IS NULL")
    op.create_index(
        "uq_order_template_name_key",
        "order_template",
        ["clinic_id", "name_key"],
        unique=True,
        postgresql_where=there,
        sqlite_where=there,
    )
    op.create_table(
        "order_template_line",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("template_id", _KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", _KEY, nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.CheckConstraint("packs > 0", name=op.f("ck_order_template_line_packs")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_order_template_line_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["order_template.id"],
            name=op.f("fk_order_template_line_template_id_order_template"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_template_line")),
        sa.UniqueConstraint(
            "template_id", "product_id", name=op.f("uq_order_template_line_template_id_product_id")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_order_template_line_product_id"), "order_template_line", ["product_id"]
    )


def downgrade() -> None:
    op.drop_table("order_template_line")
    op.drop_table("order_template")
