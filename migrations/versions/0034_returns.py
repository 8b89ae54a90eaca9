"""Returns of goods to suppliers: what is asked for, sent, accepted; credit notes for it.

SQLite makes the table of invoices anew, for they are issued for another reason now; its triggers
are put back, and know the new key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("state IN ('asked', 'authorised', 'sent')")
_STATES = (
    "asked",
    "authorised",
    "refused",
    "withdrawn",
    "lapsed",
    "sent",
    "settled",
    "turned_down",
)
_REASONS = ("shipped", "taken_back", "claim", "cancelled")
_BY_CLAIM = "claim_id = NEW.claim_id"
_BY_RETURN = f"{_BY_CLAIM} OR return_id = NEW.return_id"
"""In the trigger that keeps a REPLACE from removing an invoice by one of its keys."""


def upgrade() -> None:
    _make_returns()
    _make_lines()
    op.execute(
        "ALTER TABLE order_line ADD COLUMN restocking_minor BIGINT DEFAULT '0' NOT NULL"
        " CONSTRAINT ck_order_line_restocking_minor"
        " CHECK (restocking_minor >= 0 AND restocking_minor <= credited * pack_minor)"
    )
    with _triggers_put_back(_BY_CLAIM, _BY_RETURN), op.batch_alter_table("invoice") as invoices:
        invoices.add_column(sa.Column("return_id", _KEY, nullable=True))
        invoices.create_unique_constraint(op.f("uq_invoice_return_id"), ["return_id"])
        invoices.drop_constraint(op.f("ck_invoice_reason"), type_="check")
        invoices.create_check_constraint(
            op.f("ck_invoice_reason"), f"reason IN ({_listed((*_REASONS, 'return'))})"
        )


def downgrade() -> None:
    """Credit notes for returns become ones after a claim, which say the same of the sums."""
    with _triggers_put_back(_BY_RETURN, _BY_CLAIM):
        op.execute("UPDATE invoice SET reason = 'claim' WHERE reason = 'return'")
        with op.batch_alter_table("invoice") as invoices:
            invoices.drop_constraint(op.f("ck_invoice_reason"), type_="check")
            invoices.create_check_constraint(
                op.f("ck_invoice_reason"), f"reason IN ({_listed(_REASONS)})"
            )
            invoices.drop_constraint(op.f("uq_invoice_return_id"), type_="unique")
            invoices.drop_column("return_id")
    op.execute("ALTER TABLE order_line DROP COLUMN restocking_minor")
    op.drop_table("goods_return_line")
    op.drop_table("goods_return")


def _make_returns() -> None:
    table = "goods_return"
    op.create_table(
        table,
        sa.Column("order_id", _KEY, nullable=False),
        sa.Column("state", _word("returnstate", *_STATES), nullable=False),
        sa.Column(
            "reason",
            _word("returnreason", "not_needed", "short_dated", "recalled", "wrong"),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", _KEY, nullable=True),
        sa.Column("number", sa.String(40), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("carriage_by", _word("carriageby", "clinic", "supplier"), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", _KEY, nullable=True),
        sa.Column("carrier", sa.String(100), nullable=False),
        sa.Column("tracking", sa.String(100), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by_id", _KEY, nullable=True),
        sa.Column("entry_id", _KEY, nullable=True),
        sa.Column("from_holds", sa.JSON(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", _KEY, nullable=True),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("state <> 'lapsed'", name=op.f("ck_goods_return_never_written")),
        sa.CheckConstraint(
            "(number IS NULL) = (valid_until IS NULL) AND (number IS NULL) = (carriage_by IS NULL)",
            name=op.f("ck_goods_return_authorised"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'refused', 'withdrawn') OR number IS NOT NULL",
            name=op.f("ck_goods_return_number"),
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)", name=op.f("ck_goods_return_answered")
        ),
        sa.CheckConstraint(
            "(state IN ('sent', 'settled', 'turned_down')) = (entry_id IS NOT NULL)"
            " AND (entry_id IS NULL) = (sent_at IS NULL)",
            name=op.f("ck_goods_return_sent"),
        ),
        sa.CheckConstraint(
            "(state IN ('settled', 'turned_down')) = (settled_at IS NOT NULL)",
            name=op.f("ck_goods_return_settled"),
        ),
        _refers(table, "order_id", "purchase_order"),
        _refers(table, "asked_by_id", "person"),
        _refers(table, "answered_by_id", "person"),
        _refers(table, "sent_by_id", "person"),
        _refers(table, "entry_id", "entry"),
        _refers(table, "settled_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_return")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_goods_return_entry_id")),
        sa.UniqueConstraint("number", name=op.f("uq_goods_return_number")),
    )
    op.create_index(op.f("ix_goods_return_order_id"), table, ["order_id"])
    op.create_index(
        "ix_goods_return_open", table, ["order_id"], postgresql_where=_OPEN, sqlite_where=_OPEN
    )


def _make_lines() -> None:
    table = "goods_return_line"
    op.create_table(
        table,
        sa.Column("return_id", _KEY, nullable=False),
        sa.Column("order_line_id", _KEY, nullable=False),
        sa.Column("lot_id", _KEY, nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=True),
        sa.Column("accepted", sa.Integer(), nullable=True),
        sa.Column("refused_why", sa.Text(), nullable=False),
        sa.Column("fate", _word("fate", "come_back", "destroyed"), nullable=True),
        sa.Column("back", sa.Integer(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("packs > 0", name=op.f("ck_goods_return_line_packs")),
        sa.CheckConstraint("credit_minor >= 0", name=op.f("ck_goods_return_line_credit_minor")),
        sa.CheckConstraint(
            "accepted >= 0 AND accepted <= packs", name=op.f("ck_goods_return_line_accepted")
        ),
        sa.CheckConstraint(
            "(fate IS NOT NULL) = (accepted IS NOT NULL AND accepted < packs)",
            name=op.f("ck_goods_return_line_fate_said"),
        ),
        sa.CheckConstraint(
            "back = 0 OR (fate IS NOT NULL AND fate = 'come_back' AND back = packs - accepted)",
            name=op.f("ck_goods_return_line_back"),
        ),
        _refers(table, "return_id", "goods_return"),
        _refers(table, "order_line_id", "order_line"),
        _refers(table, "lot_id", "lot"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goods_return_line")),
        sa.UniqueConstraint(
            "return_id",
            "order_line_id",
            "lot_id",
            name=op.f("uq_goods_return_line_return_id_order_line_id_lot_id"),
        ),
    )
    for column in ("order_line_id", "lot_id"):
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


@contextmanager
def _triggers_put_back(old: str, new: str) -> Iterator[None]:
    """Let the table of invoices be changed, and guard it after, ``old`` in its guard now ``new``."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE invoice DISABLE TRIGGER USER")
        yield
        op.execute("ALTER TABLE invoice ENABLE TRIGGER USER")
        return
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'invoice'"
    triggers: Sequence[sa.Row[str, str]] = op.get_bind().execute(sa.text(query)).all()
    for trigger in triggers:
        op.execute(sa.text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        op.execute(sa.text(trigger.sql.replace(old, new).replace(":", "\\:")))


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)
