"""Invoices and credit notes, which take no update and no delete; the counter of their numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APPEND_ONLY = ("invoice", "invoice_line", "invoice_tax")

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_TAKEN = {
    "invoice": (
        "id = NEW.id OR number = NEW.number"
        " OR (supplier_id = NEW.supplier_id AND year = NEW.year AND sequence = NEW.sequence)"
        " OR claim_id = NEW.claim_id"
        " OR (kind = 'invoice' AND NEW.kind = 'invoice' AND shipment_id = NEW.shipment_id)"
    ),
    "invoice_line": ("id = NEW.id OR (invoice_id = NEW.invoice_id AND position = NEW.position)"),
    "invoice_tax": (
        "id = NEW.id OR (invoice_id = NEW.invoice_id AND category = NEW.category"
        " AND basis_points = NEW.basis_points)"
    ),
}
"""By table: which rows a REPLACE would remove, by each of its unique keys."""


def upgrade() -> None:
    op.create_table(
        "invoice_counter",
        sa.Column("supplier_id", _KEY, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint("last > 0", name=op.f("ck_invoice_counter_last")),
        _refers("invoice_counter", "supplier_id", "supplier"),
        sa.PrimaryKeyConstraint("supplier_id", "year", name=op.f("pk_invoice_counter")),
    )
    _invoices()
    _lines()
    _taxes()
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            _guard_sqlite(table)
        else:
            _guard_postgresql(table)


def downgrade() -> None:
    for table in ("invoice_tax", "invoice_line", "invoice", "invoice_counter"):
        op.drop_table(table)


def _invoices() -> None:
    op.create_table(
        "invoice",
        sa.Column("number", sa.String(60), nullable=False),
        sa.Column("kind", _word("invoicekind", "invoice", "credit_note"), nullable=False),
        sa.Column(
            "reason",
            _word("reason", "shipped", "taken_back", "claim", "cancelled"),
            nullable=False,
        ),
        sa.Column("supplier_id", _KEY, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("order_id", _KEY, nullable=False),
        sa.Column("shipment_id", _KEY, nullable=True),
        sa.Column("claim_id", _KEY, nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("supplied_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("sequence > 0", name=op.f("ck_invoice_sequence")),
        sa.CheckConstraint("net_minor >= 0 AND vat_minor >= 0", name=op.f("ck_invoice_sums")),
        sa.CheckConstraint(
            "kind <> 'invoice' OR (shipment_id IS NOT NULL AND due_on IS NOT NULL)",
            name=op.f("ck_invoice_whole"),
        ),
        _refers("invoice", "supplier_id", "supplier"),
        _refers("invoice", "order_id", "purchase_order"),
        _refers("invoice", "claim_id", "claim"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("number", name=op.f("uq_invoice_number")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_invoice_claim_id")),
        sa.UniqueConstraint(
            "supplier_id", "year", "sequence", name=op.f("uq_invoice_supplier_id_year_sequence")
        ),
    )
    op.create_index("ix_invoice_supplier", "invoice", ["supplier_id", "id"])
    op.create_index(op.f("ix_invoice_order_id"), "invoice", ["order_id"])
    only = sa.text("kind = 'invoice'")
    op.create_index(
        "uq_invoice_shipment",
        "invoice",
        ["shipment_id"],
        unique=True,
        postgresql_where=only,
        sqlite_where=only,
    )


def _lines() -> None:
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", _KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("order_line_id", _KEY, nullable=False),
        sa.Column("credits_id", _KEY, nullable=True),
        sa.Column("sku", sa.String(80), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("pack_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_category", _category(), nullable=False),
        sa.Column("tax_basis_points", sa.Integer(), nullable=False),
        sa.Column("lots", sa.JSON(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("packs > 0", name=op.f("ck_invoice_line_packs")),
        sa.CheckConstraint("pack_minor >= 0", name=op.f("ck_invoice_line_pack_minor")),
        sa.CheckConstraint(
            "net_minor = packs * pack_minor", name=op.f("ck_invoice_line_net_minor")
        ),
        _refers("invoice_line", "invoice_id", "invoice"),
        _refers("invoice_line", "order_line_id", "order_line"),
        _refers("invoice_line", "credits_id", "invoice_line"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
        sa.UniqueConstraint(
            "invoice_id", "position", name=op.f("uq_invoice_line_invoice_id_position")
        ),
    )
    for column in ("order_line_id", "credits_id"):
        op.create_index(op.f(f"ix_invoice_line_{column}"), "invoice_line", [column])


def _taxes() -> None:
    op.create_table(
        "invoice_tax",
        sa.Column("invoice_id", _KEY, nullable=False),
        sa.Column("category", _category(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("net_minor >= 0 AND vat_minor >= 0", name=op.f("ck_invoice_tax_sums")),
        _refers("invoice_tax", "invoice_id", "invoice"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_tax")),
        sa.UniqueConstraint(
            "invoice_id",
            "category",
            "basis_points",
            name=op.f("uq_invoice_tax_invoice_id_category_basis_points"),
        ),
    )


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _category() -> sa.Enum:
    return _word("taxcategory", "S", "Z", "E", "K", "G", "O")


def _guard_sqlite(table: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for what in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{what} BEFORE {what.upper()} ON {table} {refuse}"
        )
    taken = f"EXISTS (SELECT 1 FROM {table} WHERE {_TAKEN[table]})"  # noqa: S608 - our names
    op.execute(
        f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}"
    )


def _guard_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
