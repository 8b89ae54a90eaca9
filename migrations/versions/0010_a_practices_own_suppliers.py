"""A practice's own suppliers, which nobody else sees or buys from.

A CHECK and a key cannot look at another row: triggers refuse an order, an order's line or an item
of another practice, a member, and a change of whose a supplier or a product is.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_OF_PRODUCT = "SELECT s.practice_id FROM product p JOIN supplier s ON s.id = p.supplier_id"
_REFUSALS = {
    "purchase_order": (
        "supplier_id, clinic_id",
        "EXISTS (SELECT 1 FROM supplier s JOIN clinic c ON c.id = NEW.clinic_id"
        " WHERE s.id = NEW.supplier_id AND s.practice_id <> c.practice_id)",
    ),
    "order_line": (
        "product_id, order_id",
        f"EXISTS ({_OF_PRODUCT} JOIN purchase_order o ON o.id = NEW.order_id"
        " JOIN clinic c ON c.id = o.clinic_id"
        " WHERE p.id = NEW.product_id AND s.practice_id <> c.practice_id)",
    ),
    "item_product": (
        "product_id, item_id",
        f"EXISTS ({_OF_PRODUCT} JOIN item i ON i.id = NEW.item_id"
        " WHERE p.id = NEW.product_id AND s.practice_id <> i.practice_id)",
    ),
    "membership": (
        "supplier_id",
        "EXISTS (SELECT 1 FROM supplier s"
        " WHERE s.id = NEW.supplier_id AND s.practice_id IS NOT NULL)",
    ),
    "invitation": (
        "supplier_id",
        "EXISTS (SELECT 1 FROM supplier s"
        " WHERE s.id = NEW.supplier_id AND s.practice_id IS NOT NULL)",
    ),
}
"""By table: the columns that say whose a row is, and when a row may not be."""

_KEPT = {"supplier": "practice_id", "product": "supplier_id"}
"""By table: the column that says whose a row is, and stays."""

_REASON = "only its own practice buys from this supplier"


def upgrade() -> None:
    with op.batch_alter_table("supplier") as batch:
        key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
        batch.add_column(sa.Column("practice_id", key, nullable=True))
        batch.add_column(sa.Column("currency", sa.String(3), nullable=True))
        batch.create_foreign_key(
            op.f("fk_supplier_practice_id_practice"), "practice", ["practice_id"], ["id"]
        )
        batch.create_unique_constraint(
            op.f("uq_supplier_practice_id_name"), ["practice_id", "name"]
        )
        batch.create_check_constraint(
            op.f("ck_supplier_own"),
            "practice_id IS NULL"
            " OR (NOT uses_supply AND email IS NOT NULL AND currency IS NOT NULL)",
        )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, (columns, where) in _REFUSALS.items():
        (_refuse_on_sqlite if on_sqlite else _refuse_on_postgresql)(table, columns, where)
    for table, column in _KEPT.items():
        (_keep_on_sqlite if on_sqlite else _keep_on_postgresql)(table, column)


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in (*_REFUSALS, *_KEPT):
        if on_sqlite:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_own_supplier_insert")
            op.execute(f"DROP TRIGGER {table}_own_supplier_update")
        else:
            op.execute(f"DROP TRIGGER {table}_own_supplier ON {table}")
            op.execute(f"DROP FUNCTION {table}_own_supplier()")
    with op.batch_alter_table("supplier") as batch:
        batch.drop_constraint(op.f("ck_supplier_own"), type_="check")
        batch.drop_constraint(op.f("uq_supplier_practice_id_name"), type_="unique")
        batch.drop_constraint(op.f("fk_supplier_practice_id_practice"), type_="foreignkey")
        batch.drop_column("currency")
        batch.drop_column("practice_id")


def _refuse_on_sqlite(table: str, columns: str, where: str) -> None:
    for what, when in (("insert", "INSERT"), ("update", f"UPDATE OF {columns}")):
        op.execute(
            f"CREATE TRIGGER {table}_own_supplier_{what} BEFORE {when} ON {table} WHEN {where} "
            f"BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
        )


def _refuse_on_postgresql(table: str, columns: str, where: str) -> None:
    _function(table, where, _REASON)
    op.execute(
        f"CREATE TRIGGER {table}_own_supplier BEFORE INSERT OR UPDATE OF {columns} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_own_supplier()"
    )


def _keep_on_sqlite(table: str, column: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_own_supplier_update BEFORE UPDATE OF {column} ON {table} "
        f"WHEN OLD.{column} IS NOT NEW.{column} "
        f"BEGIN SELECT RAISE(ABORT, '{table} stays whose it is'); END"
    )


def _keep_on_postgresql(table: str, column: str) -> None:
    _function(table, f"OLD.{column} IS DISTINCT FROM NEW.{column}", f"{table} stays whose it is")
    op.execute(
        f"CREATE TRIGGER {table}_own_supplier BEFORE UPDATE OF {column} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_own_supplier()"
    )


def _function(table: str, where: str, reason: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_own_supplier() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {where} THEN RAISE EXCEPTION '{reason}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
