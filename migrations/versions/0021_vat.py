"""VAT: who is registered where, what a product is to tax law, the rates, how a line is taxed.

Columns are added in place: making the tables anew would lose their triggers on SQLite.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_CLASSES = ("standard", "medicine", "device", "exempt")
_CATEGORIES = ("S", "Z", "E", "K", "G", "O")

_BASE = dt.date(2025, 1, 1)
"""No rate is kept for days before."""

_RATES = {
    "AT": (2000, 1000), "BE": (2100, 600), "BG": (2000, 2000), "CH": (810, 260), "CY": (1900, 500),
    "CZ": (2100, 1200), "DE": (1900, 1900), "DK": (2500, 2500), "EE": (2200, 900),
    "ES": (2100, 400), "FI": (2550, 1400), "FR": (2000, 1000), "GB": (2000, 2000),
    "GR": (2400, 600), "HR": (2500, 500), "HU": (2700, 500), "IE": (2300, 2300),
    "IT": (2200, 1000), "LT": (2100, 500), "LU": (1700, 300), "LV": (2100, 1200), "MT": (1800, 0),
    "NL": (2100, 900), "NO": (2500, 2500), "PL": (2300, 800), "PT": (2300, 600),
    "RO": (1900, 900), "SE": (2500, 2500), "SI": (2200, 950), "SK": (2300, 500),
}  # fmt: skip
"""By country: what it takes on goods, and on medicines sold between businesses."""

_SINCE = (
    ("EE", "standard", dt.date(2025, 7, 1), 2400),
    ("RO", "standard", dt.date(2025, 8, 1), 2100),
    ("RO", "medicine", dt.date(2025, 8, 1), 1100),
    ("FI", "medicine", dt.date(2026, 1, 1), 1350),
)


def upgrade() -> None:
    for table in ("practice", "supplier"):
        _add(table, "country VARCHAR(2)")
        _add(table, "vat_number VARCHAR(20)")
        _add(table, f"vat_checked_at {_type(sa.DateTime(timezone=True))}")
        key = _type(sa.BigInteger().with_variant(sa.Integer(), "sqlite"))
        checked = "CHECK ((vat_number IS NULL) = (vat_checked_at IS NULL))"
        _add(table, f"vat_checked_by_id {key} CONSTRAINT ck_{table}_vat_checked {checked}")
    _add("supplier", "legal_name VARCHAR(200) DEFAULT '' NOT NULL")
    _add("supplier", "iban VARCHAR(34) DEFAULT '' NOT NULL")
    _add(
        "supplier",
        "payment_days INTEGER DEFAULT '30' NOT NULL"
        " CONSTRAINT ck_supplier_payment_days CHECK (payment_days >= 0)",
    )
    _add("product", _word("product", "tax_class", "taxclass", _CLASSES, "standard"))
    _add("order_line", _word("order_line", "tax_category", "taxcategory", _CATEGORIES, "O"))
    _make_rates()


def downgrade() -> None:
    op.drop_table("vat_rate")
    _drop("order_line", "tax_category")
    _drop("product", "tax_class")
    for column in ("payment_days", "iban", "legal_name"):
        _drop("supplier", column)
    for table in ("supplier", "practice"):
        # The first one carries the check of them all.
        for column in ("vat_checked_by_id", "vat_checked_at", "vat_number", "country"):
            _drop(table, column)


def _make_rates() -> None:
    table = op.create_table(
        "vat_rate",
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column(
            "tax_class",
            sa.Enum(
                *_CLASSES, name="taxclass", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "basis_points >= 0 AND basis_points < 10000", name=op.f("ck_vat_rate_basis_points")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vat_rate")),
        sa.UniqueConstraint(
            "country",
            "tax_class",
            "valid_from",
            name=op.f("uq_vat_rate_country_tax_class_valid_from"),
        ),
    )
    first = [
        (country, tax_class, _BASE, rate)
        for country, both in _RATES.items()
        for tax_class, rate in zip(("standard", "medicine"), both, strict=True)
    ]
    names = ("country", "tax_class", "valid_from", "basis_points")
    op.bulk_insert(table, [dict(zip(names, row, strict=True)) for row in (*first, *_SINCE)])


def _word(table: str, column: str, name: str, words: tuple[str, ...], default: str) -> str:
    among = ", ".join(f"'{word}'" for word in words)
    return (
        f"{column} VARCHAR(40) DEFAULT '{default}' NOT NULL"
        f" CONSTRAINT ck_{table}_{name} CHECK ({column} IN ({among}))"
    )


def _add(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")


def _type(kind: sa.types.TypeEngine[object]) -> str:
    return str(kind.compile(op.get_bind().dialect))


def _drop(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
