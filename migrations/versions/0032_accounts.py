"""Accounts of practices with suppliers: open items, settlements, payments by bank.

Each document that was issued before gets its item: one of a card's order settled by the card,
a credit note set off against the invoices it is about, as far as these go.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("settled_minor < total_minor")
_ANNOUNCED = sa.text("state = 'announced'")
_HOLDS = sa.text("taken_back_at IS NULL")


def upgrade() -> None:
    _payments()
    _items()
    _payment_lines()
    _settlements()
    _nevertheless()
    _fill()
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def downgrade() -> None:
    for table in (
        "paid_nevertheless",
        "settlement",
        "bank_payment_line",
        "open_item",
        "bank_payment",
    ):
        op.drop_table(table)


def _payments() -> None:
    op.create_table(
        "bank_payment",
        sa.Column("practice_id", _KEY, nullable=False),
        sa.Column("supplier_id", _KEY, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.String(140), nullable=False),
        sa.Column(
            "state",
            _word("paymentstate", "announced", "confirmed", "denied", "withdrawn"),
            nullable=False,
        ),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by_id", _KEY, nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", _KEY, nullable=True),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("total_minor > 0", name=op.f("ck_bank_payment_total")),
        sa.CheckConstraint(
            "(state = 'announced') = (answered_at IS NULL)", name=op.f("ck_bank_payment_answered")
        ),
        _refers("bank_payment", "practice_id", "practice"),
        _refers("bank_payment", "supplier_id", "supplier"),
        _refers("bank_payment", "said_by_id", "person"),
        _refers("bank_payment", "answered_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_payment")),
    )
    _index("ix_bank_payment_announced", "bank_payment", ["supplier_id", "practice_id"], _ANNOUNCED)
    account = ["practice_id", "supplier_id", "currency", "paid_on"]
    op.create_index("ix_bank_payment_account", "bank_payment", account)


def _items() -> None:
    op.create_table(
        "open_item",
        sa.Column("kind", _word("itemkind", "invoice", "credit_note", "overpaid"), nullable=False),
        sa.Column("invoice_id", _KEY, nullable=True),
        sa.Column("payment_id", _KEY, nullable=True),
        sa.Column("practice_id", _KEY, nullable=False),
        sa.Column("supplier_id", _KEY, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("settled_minor", sa.BigInteger(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "settled_minor >= 0 AND settled_minor <= total_minor",
            name=op.f("ck_open_item_settled"),
        ),
        sa.CheckConstraint(
            "(kind = 'overpaid') = (invoice_id IS NULL)"
            " AND (kind = 'overpaid') = (payment_id IS NOT NULL)",
            name=op.f("ck_open_item_stands_for"),
        ),
        sa.CheckConstraint(
            "kind <> 'invoice' OR due_on IS NOT NULL", name=op.f("ck_open_item_due_on")
        ),
        _refers("open_item", "invoice_id", "invoice"),
        _refers("open_item", "payment_id", "bank_payment"),
        _refers("open_item", "practice_id", "practice"),
        _refers("open_item", "supplier_id", "supplier"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_item")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_open_item_invoice_id")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_open_item_payment_id")),
    )
    _index("ix_open_item_practice_open", "open_item", ["practice_id", "supplier_id"], _OPEN)
    _index("ix_open_item_supplier_open", "open_item", ["supplier_id", "practice_id"], _OPEN)
    account = ["practice_id", "supplier_id", "currency", "dated_on"]
    op.create_index("ix_open_item_account", "open_item", account)


def _payment_lines() -> None:
    op.create_table(
        "bank_payment_line",
        sa.Column("payment_id", _KEY, nullable=False),
        sa.Column("item_id", _KEY, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("minor > 0", name=op.f("ck_bank_payment_line_minor")),
        _refers("bank_payment_line", "payment_id", "bank_payment"),
        _refers("bank_payment_line", "item_id", "open_item"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_payment_line")),
        sa.UniqueConstraint(
            "payment_id", "item_id", name=op.f("uq_bank_payment_line_payment_id_item_id")
        ),
    )
    op.create_index(op.f("ix_bank_payment_line_item_id"), "bank_payment_line", ["item_id"])


def _settlements() -> None:
    op.create_table(
        "settlement",
        sa.Column("item_id", _KEY, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=False),
        sa.Column("way", _word("way", "bank", "card", "credit"), nullable=False),
        sa.Column("payment_id", _KEY, nullable=True),
        sa.Column("against_id", _KEY, nullable=True),
        sa.Column("reverses_id", _KEY, nullable=True),
        sa.Column("together", sa.String(32), nullable=False),
        sa.Column("settled_on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", _KEY, nullable=True),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(minor > 0) = (reverses_id IS NULL) AND minor <> 0",
            name=op.f("ck_settlement_minor"),
        ),
        sa.CheckConstraint(
            "(way = 'bank') = (payment_id IS NOT NULL)", name=op.f("ck_settlement_bank")
        ),
        sa.CheckConstraint(
            "(way = 'credit') = (against_id IS NOT NULL)", name=op.f("ck_settlement_credit")
        ),
        _refers("settlement", "item_id", "open_item"),
        _refers("settlement", "payment_id", "bank_payment"),
        _refers("settlement", "against_id", "open_item"),
        _refers("settlement", "reverses_id", "settlement"),
        _refers("settlement", "person_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_settlement_reverses_id")),
    )
    for column in ("item_id", "payment_id"):
        op.create_index(op.f(f"ix_settlement_{column}"), "settlement", [column])
    op.create_index("ix_settlement_together", "settlement", ["together"])


def _nevertheless() -> None:
    op.create_table(
        "paid_nevertheless",
        sa.Column("item_id", _KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", _KEY, nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", _KEY, nullable=True),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_paid_nevertheless_reason")),
        _refers("paid_nevertheless", "item_id", "open_item"),
        _refers("paid_nevertheless", "person_id", "person"),
        _refers("paid_nevertheless", "taken_back_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paid_nevertheless")),
    )
    op.create_index(
        "uq_paid_nevertheless_holds",
        "paid_nevertheless",
        ["item_id"],
        unique=True,
        postgresql_where=_HOLDS,
        sqlite_where=_HOLDS,
    )


def _fill() -> None:
    """Put every document that was issued on its account, and settle what was settled."""
    op.execute(
        "INSERT INTO open_item (kind, invoice_id, practice_id, supplier_id, currency, dated_on,"
        " due_on, total_minor, settled_minor)"
        " SELECT i.kind, i.id, c.practice_id, i.supplier_id, i.currency, i.issued_on, i.due_on,"
        " i.net_minor + i.vat_minor, 0 FROM invoice i"
        " JOIN purchase_order o ON o.id = i.order_id JOIN clinic c ON c.id = o.clinic_id"
        " ORDER BY i.id"
    )
    op.execute(
        "INSERT INTO settlement (item_id, minor, way, together, settled_on, at)"
        " SELECT t.id, t.total_minor, 'card', 'card-' || t.id, i.issued_on, i.issued_at"
        " FROM open_item t JOIN invoice i ON i.id = t.invoice_id"
        " JOIN purchase_order o ON o.id = i.order_id"
        " WHERE o.pay_by = 'card' AND t.total_minor > 0 ORDER BY t.id"
    )
    _set_notes_off()
    op.execute(
        "UPDATE open_item SET settled_minor = (SELECT coalesce(sum(s.minor), 0) FROM settlement s"
        " WHERE s.item_id = open_item.id)"
    )


def _set_notes_off() -> None:
    """Set credit notes off against their invoices; parts by their lines, the last takes the rest.

    VAT is shared out over a note's lines, for it is rounded on the whole document.
    """
    connection = op.get_bind()
    notes = connection.execute(
        sa.text(
            "SELECT t.id, t.total_minor, t.invoice_id, i.net_minor, i.issued_on, i.issued_at"
            " FROM open_item t JOIN invoice i ON i.id = t.invoice_id"
            " JOIN purchase_order o ON o.id = i.order_id"
            " WHERE t.kind = 'credit_note' AND o.pay_by <> 'card' AND t.total_minor > 0"
            " ORDER BY t.id"
        ).columns(issued_on=sa.Date, issued_at=sa.DateTime(timezone=True))
    ).all()
    left: dict[int, int] = {}
    for note in notes:
        for item_id, total, wanted in _shared(connection, note):
            open_minor = left.setdefault(item_id, total)
            part = min(wanted, open_minor)
            if part > 0:
                left[item_id] = open_minor - part
                _write_off(connection, note, item_id, part)


def _shared(connection: sa.Connection, note: sa.Row) -> list[tuple[int, int, int]]:  # type: ignore[type-arg]
    rows = connection.execute(
        sa.text(
            "SELECT t.id, t.total_minor, sum(l.net_minor) AS net FROM invoice_line l"
            " JOIN invoice_line b ON b.id = l.credits_id"
            " JOIN open_item t ON t.invoice_id = b.invoice_id"
            " WHERE l.invoice_id = :note GROUP BY t.id, t.total_minor ORDER BY t.id DESC"
        ),
        {"note": note.invoice_id},
    ).all()
    found, rest = [], int(note.total_minor)
    for place, row in enumerate(rows, start=1):
        share = int(row.net) * int(note.total_minor) // max(1, int(note.net_minor))
        part = rest if place == len(rows) else min(rest, share)
        found.append((int(row.id), int(row.total_minor), part))
        rest -= part
    return found


def _write_off(connection: sa.Connection, note: sa.Row, item_id: int, part: int) -> None:  # type: ignore[type-arg]
    insert = sa.text(
        "INSERT INTO settlement (item_id, minor, way, against_id, together, settled_on, at)"
        " VALUES (:item, :minor, 'credit', :against, :together, :on, :at)"
    ).bindparams(
        sa.bindparam("on", type_=sa.Date), sa.bindparam("at", type_=sa.DateTime(timezone=True))
    )
    for item, against in ((item_id, note.id), (note.id, item_id)):
        connection.execute(
            insert,
            {
                "item": item,
                "minor": part,
                "against": against,
                "together": f"note-{note.id}",
                "on": note.issued_on,
                "at": note.issued_at,
            },
        )


def _index(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, postgresql_where=where, sqlite_where=where)


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _guard_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'settlement is append-only'); END"
    for what in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER settlement_refuses_{what} BEFORE {what.upper()} ON settlement {refuse}"
        )
    taken = "EXISTS (SELECT 1 FROM settlement WHERE id = NEW.id OR reverses_id = NEW.reverses_id)"
    op.execute(
        f"CREATE TRIGGER settlement_refuses_replace BEFORE INSERT ON settlement WHEN {taken}"
        f" {refuse}"
    )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE TRIGGER settlement_refuses_change BEFORE UPDATE OR DELETE ON settlement "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER settlement_refuses_truncate BEFORE TRUNCATE ON settlement "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
