"""Orders paid by card, and both books of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stripe_event",
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("object_id", sa.String(length=255), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stripe_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_stripe_event_event_id")),
    )
    with op.batch_alter_table("stripe_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_stripe_event_waiting",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("handled_at IS NULL"),
            sqlite_where=sa.text("handled_at IS NULL"),
        )

    op.create_table(
        "payment",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "starting",
                "open",
                "paid",
                "expired",
                "failed",
                "held",
                name="paymentstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_currency", sa.String(length=3), nullable=True),
        sa.Column("refunding_minor", sa.BigInteger(), nullable=False),
        sa.Column("check_refund", sa.Boolean(), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=True),
        sa.Column("session_id", sa.String(length=255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("intent_id", sa.String(length=255), nullable=True),
        sa.Column("charge_id", sa.String(length=255), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status IN ('paid', 'held')) = (paid_currency IS NOT NULL)",
            name=op.f("ck_payment_taken"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount")),
        sa.CheckConstraint(
            "refunding_minor >= 0 AND refunding_minor <= paid_minor",
            name=op.f("ck_payment_refunding"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_payment_created_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_payment_order_id_purchase_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("charge_id", name=op.f("uq_payment_charge_id")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_payment_intent_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_reference")),
        sa.UniqueConstraint("session_id", name=op.f("uq_payment_session_id")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_payment_check_refund",
            ["check_refund"],
            unique=False,
            postgresql_where=sa.text("check_refund"),
            sqlite_where=sa.text("check_refund"),
        )
        batch_op.create_index(batch_op.f("ix_payment_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_payment_live",
            ["order_id"],
            unique=True,
            postgresql_where=sa.text("status IN ('starting', 'open')"),
            sqlite_where=sa.text("status IN ('starting', 'open')"),
        )

    op.create_table(
        "dispute",
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("stripe_id", sa.String(length=255), nullable=False),
        sa.Column("status", sa.String(length=60), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_dispute_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_dispute_stripe_id")),
    )
    with op.batch_alter_table("dispute", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispute_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "refund",
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "status",
            sa.Enum(
                "asked",
                "pending",
                "requires_action",
                "succeeded",
                "failed",
                "canceled",
                name="refundstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("stripe_id", sa.String(length=255), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id_payment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("stripe_id", name=op.f("uq_refund_stripe_id")),
    )
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refund_payment_id"), ["payment_id"], unique=False)

    op.create_table(
        "gateway_request",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "session",
                "expire",
                "refund",
                name="requestkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("refund_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_gateway_request_payment_id_payment")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["refund.id"], name=op.f("fk_gateway_request_refund_id_refund")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gateway_request")),
        sa.UniqueConstraint("key", name=op.f("uq_gateway_request_key")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_gateway_request_refund_id")),
    )
    with op.batch_alter_table("gateway_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_gateway_request_payment_id"), ["payment_id"], unique=False
        )
        batch_op.create_index(
            "ix_gateway_request_waiting",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("done_at IS NULL"),
            sqlite_where=sa.text("done_at IS NULL"),
        )

    op.add_column("supplier", sa.Column("stripe_account", sa.String(length=100), nullable=True))
    with _without_triggers_on("purchase_order"), op.batch_alter_table("purchase_order") as orders:
        orders.add_column(
            sa.Column("pay_by", sa.String(length=40), server_default="account", nullable=False)
        )
        orders.create_check_constraint(
            op.f("ck_purchase_order_payby"), "pay_by IN ('account', 'card')"
        )
        _stages(orders, ("draft", "awaiting_approval", "awaiting_payment"))


def _stages(orders: BatchOperations, unplaced: Sequence[str]) -> None:
    """Say which stages there are, and in which of them an order has not been placed."""
    placed = ("placed", "acknowledged", "closed", "cancelled", "declined")
    orders.drop_constraint(op.f("ck_purchase_order_placed"), type_="check")
    orders.drop_constraint(op.f("ck_purchase_order_stage"), type_="check")
    orders.create_check_constraint(
        op.f("ck_purchase_order_placed"),
        f"stage IN ({_listed((*unplaced, 'cancelled'))}) OR placed_at IS NOT NULL",
    )
    orders.create_check_constraint(
        op.f("ck_purchase_order_stage"), f"stage IN ({_listed((*unplaced, *placed))})"
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


@contextmanager
def _without_triggers_on(table: str) -> Iterator[None]:
    """Take away the triggers that speak of a table SQLite has to make anew; put them back after."""
    triggers: Sequence[sa.Row[str, str]] = ()
    if op.get_bind().dialect.name == "sqlite":
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql LIKE :table"
        triggers = op.get_bind().execute(sa.text(query), {"table": f"%{table}%"}).all()
    for trigger in triggers:
        op.execute(sa.text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        op.execute(sa.text(trigger.sql.replace(":", "\\:")))


def downgrade() -> None:
    op.execute("UPDATE purchase_order SET stage = 'draft' WHERE stage = 'awaiting_payment'")
    with _without_triggers_on("purchase_order"), op.batch_alter_table("purchase_order") as orders:
        _stages(orders, ("draft", "awaiting_approval"))
        orders.drop_constraint(op.f("ck_purchase_order_payby"), type_="check")
        orders.drop_column("pay_by")
    with _without_triggers_on("supplier"), op.batch_alter_table("supplier") as suppliers:
        suppliers.drop_column("stripe_account")
    for table in ("gateway_request", "refund", "dispute", "payment", "stripe_event"):
        op.drop_table(table)
