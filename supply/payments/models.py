"""Payments by card, what was asked of Stripe for them, and what it told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.db import Base, Identified, Instant, word
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.payments.terms import LIVE, PaymentStatus, RefundStatus, RequestKind

_LIVE = f"status IN ({', '.join(repr(status.value) for status in LIVE)})"
_WAITING = "done_at IS NULL"


class Payment(Identified, Base):
    """One attempt to pay one order by card: a page of Stripe's Checkout.

    What came in and what goes back are counted in minor units of ``paid_currency``, which is that
    of the order unless the payment is held for it.
    """

    __tablename__ = "payment"
    __table_args__ = (
        sa.Index(
            "uq_payment_live",
            "order_id",
            unique=True,
            postgresql_where=sa.text(_LIVE),
            sqlite_where=sa.text(_LIVE),
        ),
        sa.Index(
            "ix_payment_check_refund",
            "check_refund",
            postgresql_where=sa.text("check_refund"),
            sqlite_where=sa.text("check_refund"),
        ),
        sa.CheckConstraint("amount_minor > 0", name="amount"),
        sa.CheckConstraint(
            "refunding_minor >= 0 AND refunding_minor <= paid_minor", name="refunding"
        ),
        sa.CheckConstraint(
            "(status IN ('paid', 'held')) = (paid_currency IS NOT NULL)", name="taken"
        ),
    )

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    reference: Mapped[str] = mapped_column(sa.String(80), unique=True)
    """What both books call it."""
    status: Mapped[PaymentStatus] = mapped_column(word(PaymentStatus))
    currency: Mapped[str] = mapped_column(sa.String(3))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    paid_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    paid_currency: Mapped[str | None] = mapped_column(sa.String(3))
    refunding_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    """What was refunded, or is on its way back."""
    check_refund: Mapped[bool] = mapped_column(default=False)
    """Whether something happened to the order since its refunds were last worked out."""
    account: Mapped[str | None] = mapped_column(sa.String(100))
    """The supplier's own account at Stripe, which the money goes to."""
    session_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    url: Mapped[str | None] = mapped_column(sa.Text)
    intent_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    charge_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    why: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it could not begin, in Stripe's words ("": nothing came of asking); of one that was held
    before its ``differences`` were kept, why."""
    differences: Mapped[list[list[Any]] | None] = mapped_column(sa.JSON(none_as_null=True))
    """Of one that is held: what differs, what was asked for and what came; see ``wording``."""
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    order: Mapped[PurchaseOrder] = relationship()
    refunds: Mapped[list[Refund]] = relationship(back_populates="payment", order_by="Refund.id")
    disputes: Mapped[list[Dispute]] = relationship(back_populates="payment", order_by="Dispute.id")

    @property
    def amount(self) -> Money:
        """What is to be paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def paid(self) -> Money:
        """What came in."""
        return Money(self.paid_minor, self.paid_currency or self.currency)

    @property
    def refunding(self) -> Money:
        """What was refunded, or is on its way back."""
        return Money(self.refunding_minor, self.paid_currency or self.currency)

    @property
    def left_minor(self) -> int:
        """What came in and does not go back, in minor units."""
        return self.paid_minor - self.refunding_minor


class Refund(Identified, Base):
    """Money that goes back to the card."""

    __tablename__ = "refund"
    __table_args__ = (sa.CheckConstraint("amount_minor > 0", name="amount"),)

    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payment.id"), index=True)
    status: Mapped[RefundStatus] = mapped_column(word(RefundStatus))
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    stripe_id: Mapped[str | None] = mapped_column(sa.String(255), unique=True)
    why: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it failed."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    payment: Mapped[Payment] = relationship(back_populates="refunds")

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.payment.paid_currency or self.payment.currency)


class Dispute(Identified, Base):
    """A cardholder's bank asks for the money back."""

    __tablename__ = "dispute"

    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payment.id"), index=True)
    stripe_id: Mapped[str] = mapped_column(sa.String(255), unique=True)
    status: Mapped[str] = mapped_column(sa.String(60))
    reason: Mapped[str] = mapped_column(sa.String(100), default="")
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    opened_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    payment: Mapped[Payment] = relationship(back_populates="disputes")

    @property
    def amount(self) -> Money:
        """What is asked back."""
        return Money(self.amount_minor, self.currency)


class GatewayRequest(Identified, Base):
    """Something asked of Stripe, kept whole before it is: repeated word for word until answered."""

    __tablename__ = "gateway_request"
    __table_args__ = (
        sa.Index(
            "ix_gateway_request_waiting",
            "due_at",
            postgresql_where=sa.text(_WAITING),
            sqlite_where=sa.text(_WAITING),
        ),
    )

    key: Mapped[str] = mapped_column(sa.String(255), unique=True)
    """The idempotency key."""
    kind: Mapped[RequestKind] = mapped_column(word(RequestKind))
    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("payment.id"), index=True)
    refund_id: Mapped[int | None] = mapped_column(sa.ForeignKey("refund.id"), unique=True)
    target: Mapped[str] = mapped_column(sa.String(255), default="")
    """The id at Stripe that it is about; "" for something new."""
    body: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    due_at: Mapped[dt.datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(sa.Text)


class StripeEvent(Identified, Base):
    """Something Stripe told us happened there, kept once: what it is about is asked for anew.

    Its body is not kept: it may name who holds the card.
    """

    __tablename__ = "stripe_event"
    __table_args__ = (
        sa.Index(
            "ix_stripe_event_waiting",
            "due_at",
            postgresql_where=sa.text("handled_at IS NULL"),
            sqlite_where=sa.text("handled_at IS NULL"),
        ),
    )

    event_id: Mapped[str] = mapped_column(sa.String(255), unique=True)
    type: Mapped[str] = mapped_column(sa.String(100))
    object_id: Mapped[str] = mapped_column(sa.String(255))
    created: Mapped[dt.datetime] = mapped_column(Instant)
    received_at: Mapped[dt.datetime] = mapped_column(Instant)
    due_at: Mapped[dt.datetime] = mapped_column(Instant)
    attempts: Mapped[int] = mapped_column(default=0)
    handled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
