"""Whether a supplier has a product, what replaces it, and the last day of a price.

Columns are added in place: making the tables anew would lose their triggers on SQLite.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _add(
        "product",
        "availability VARCHAR(40) DEFAULT 'available' NOT NULL CONSTRAINT ck_product_availability"
        " CHECK (availability IN ('available', 'short', 'unavailable'))",
    )
    _add(
        "product",
        "expected_on DATE CONSTRAINT ck_product_expected_on"
        " CHECK (expected_on IS NULL OR availability <> 'available')",
    )
    _add(
        "price",
        "valid_to DATE CONSTRAINT ck_price_valid_to CHECK (valid_to >= valid_from)",
    )
    op.create_table(
        "product_successor",
        sa.Column("product_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("successor_id", _KEY, nullable=False),
        sa.CheckConstraint("product_id <> successor_id", name=op.f("ck_product_successor_another")),
        _refers("product_id"),
        _refers("successor_id"),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product_successor")),
    )
    op.create_index(
        op.f("ix_product_successor_successor_id"), "product_successor", ["successor_id"]
    )


def downgrade() -> None:
    op.drop_table("product_successor")
    for table, column in (
        ("price", "valid_to"),
        # The check of the first names the second.
        ("product", "expected_on"),
        ("product", "availability"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _add(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _refers(column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["product.id"], name=op.f(f"fk_product_successor_{column}_product")
    )
