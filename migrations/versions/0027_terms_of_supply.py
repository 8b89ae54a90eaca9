"""Terms of supply: minimum order, carriage, days to pay; carriage on orders and invoices.

Columns are added in place: making the tables anew would lose their triggers on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CATEGORIES = ("S", "Z", "E", "K", "G", "O")
_TABLES = ("purchase_order", "invoice")
_COLUMNS = ("carriage_minor", "carriage_tax_category", "carriage_tax_basis_points")


def upgrade() -> None:
    _make_terms()
    words = ", ".join(f"'{one}'" for one in _CATEGORIES)
    for table in _TABLES:
        _add(
            table,
            f"carriage_minor BIGINT DEFAULT '0' NOT NULL CONSTRAINT ck_{table}_carriage_minor"
            " CHECK (carriage_minor >= 0)",
        )
        _add(
            table,
            "carriage_tax_category VARCHAR(40) DEFAULT 'O' NOT NULL"
            f" CONSTRAINT ck_{table}_carriagetaxcategory"
            f" CHECK (carriage_tax_category IN ({words}))",
        )
        _add(table, "carriage_tax_basis_points INTEGER DEFAULT '0' NOT NULL")


def _add(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _make_terms() -> None:
    op.create_table(
        "supply_terms",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("supplier_id", _KEY, nullable=False),
        sa.Column("practice_id", _KEY, nullable=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("minimum_minor", sa.BigInteger(), nullable=True),
        sa.Column("carriage_minor", sa.BigInteger(), nullable=True),
        sa.Column("free_from_minor", sa.BigInteger(), nullable=True),
        sa.Column("payment_days", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("minimum_minor >= 0", name=op.f("ck_supply_terms_minimum_minor")),
        sa.CheckConstraint("carriage_minor >= 0", name=op.f("ck_supply_terms_carriage_minor")),
        sa.CheckConstraint(
            "free_from_minor >= 0 AND (free_from_minor IS NULL OR carriage_minor IS NOT NULL)",
            name=op.f("ck_supply_terms_free_from_minor"),
        ),
        sa.CheckConstraint("payment_days >= 0", name=op.f("ck_supply_terms_payment_days")),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_supply_terms_supplier_id_supplier")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_supply_terms_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_terms")),
    )
    for name, columns, where in (
        (
            "uq_supply_terms_practice",
            ["supplier_id", "practice_id", "currency"],
            "practice_id IS NOT NULL",
        ),
        ("uq_supply_terms_all", ["supplier_id", "currency"], "practice_id IS NULL"),
    ):
        condition = sa.text(where)
        op.create_index(
            name,
            "supply_terms",
            columns,
            unique=True,
            postgresql_where=condition,
            sqlite_where=condition,
        )


def downgrade() -> None:
    op.drop_table("supply_terms")
    with _triggers_put_back(), op.batch_alter_table("invoice") as invoices:
        # A later migration makes this table anew on SQLite: its checks are no column's any more.
        for check in ("carriage_minor", "carriagetaxcategory"):
            invoices.drop_constraint(op.f(f"ck_invoice_{check}"), type_="check")
        for column in _COLUMNS:
            invoices.drop_column(column)
    for column in _COLUMNS:
        op.execute(f"ALTER TABLE purchase_order DROP COLUMN {column}")


@contextmanager
def _triggers_put_back() -> Iterator[None]:
    """Let SQLite make the table of invoices anew, and guard it after as before."""
    triggers: Sequence[sa.Row[str, str]] = ()
    if op.get_bind().dialect.name == "sqlite":
        query = (
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'invoice'"
        )
        triggers = op.get_bind().execute(sa.text(query)).all()
    yield
    for trigger in triggers:
        op.execute(sa.text(trigger.sql.replace(":", "\\:")))
