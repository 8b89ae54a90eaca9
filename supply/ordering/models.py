"""Purchase orders: basket, lines with counters, what was said on the way."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic, Person, Supplier
from supply.catalogue.models import Product
from supply.db import NO_ID_TWICE, Base, Identified, Instant, Quantity, word
from supply.items.models import Item
from supply.money import Money
from supply.ordering.rules import Counters, order_status
from supply.ordering.terms import OfferStatus, OrderStatus, PayBy, Stage
from supply.vat.rules import Share, Taxed, TaxTerms, shares
from supply.vat.terms import TaxCategory


class PurchaseOrder(Identified, Base):
    """One order of a clinic to a supplier. A basket is a draft with ``basket`` set."""

    __tablename__ = "purchase_order"
    __table_args__ = (
        sa.Index(
            "uq_purchase_order_basket",
            "clinic_id",
            "supplier_id",
            unique=True,
            postgresql_where=sa.text("basket AND stage = 'draft'"),
            sqlite_where=sa.text("basket AND stage = 'draft'"),
        ),
        sa.Index("ix_purchase_order_clinic_stage", "clinic_id", "stage"),
        sa.Index("ix_purchase_order_supplier_stage", "supplier_id", "stage"),
        # What a sweep asks for everywhere at once: what is open, and what was placed of late.
        sa.Index("ix_purchase_order_stage", "stage"),
        sa.Index("ix_purchase_order_placed", "placed_at"),
        # What is asked of all there ever was is the newest of it, or of one customer.
        sa.Index("ix_purchase_order_clinic_newest", "clinic_id", "id"),
        sa.Index("ix_purchase_order_supplier_newest", "supplier_id", "id"),
        sa.Index("ix_purchase_order_customer", "supplier_id", "clinic_id", "placed_at"),
        sa.CheckConstraint(
            "stage IN ('draft', 'awaiting_approval', 'awaiting_payment', 'cancelled')"
            " OR placed_at IS NOT NULL",
            name="placed",
        ),
        sa.CheckConstraint("carriage_minor >= 0", name="carriage_minor"),
    )

    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    stage: Mapped[Stage] = mapped_column(word(Stage), default=Stage.DRAFT)
    basket: Mapped[bool] = mapped_column(default=False)
    pay_by: Mapped[PayBy] = mapped_column(
        word(PayBy), default=PayBy.ACCOUNT, server_default=PayBy.ACCOUNT.value
    )
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    proposed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When its supplier wrote it for the clinic; None for one that the clinic began itself."""
    placed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    placed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    expected_on: Mapped[dt.date | None]
    requested_on: Mapped[dt.date | None]
    """The day on which the clinic wants it delivered; None: as soon as it can be."""
    message: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """What the clinic says with it to its supplier."""
    ship_on: Mapped[dt.date | None]
    """The day on which its supplier means to send it, as it said when it answered."""
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    carriage_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    """What sending it costs, net of VAT; copied at placing, as is how it is taxed."""
    carriage_tax_category: Mapped[TaxCategory] = mapped_column(
        word(TaxCategory, "carriagetaxcategory"),
        default=TaxCategory.NOT_SUBJECT,
        server_default=TaxCategory.NOT_SUBJECT.value,
    )
    carriage_tax_basis_points: Mapped[int] = mapped_column(default=0, server_default="0")

    clinic: Mapped[Clinic] = relationship()
    supplier: Mapped[Supplier] = relationship()
    created_by: Mapped[Person | None] = relationship(foreign_keys=[created_by_id])
    placed_by: Mapped[Person | None] = relationship(foreign_keys=[placed_by_id])
    lines: Mapped[list[OrderLine]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="OrderLine.position"
    )
    events: Mapped[list[OrderEvent]] = relationship(order_by="OrderEvent.id")

    @property
    def status(self) -> OrderStatus:
        """The status people see, from the stage and what has moved."""
        return order_status(self.stage, [line.counters for line in self.lines])

    @property
    def due_on(self) -> dt.date | None:
        """The first day on which some of what is still to come is expected, once it is placed."""
        days = (line.due_on for line in self.lines if line.outstanding > 0)
        return min((day for day in days if day is not None), default=self.expected_on)

    @property
    def total_minor(self) -> int:
        """What the order costs with carriage, in minor units, at the prices its lines hold."""
        return sum(line.total_minor for line in self.lines) + self.carriage_minor

    @property
    def total(self) -> Money:
        """What the order costs with carriage, at the prices its lines hold."""
        return Money(self.total_minor, self.currency)

    @property
    def carriage(self) -> Money:
        """What sending it costs, net of VAT."""
        return Money(self.carriage_minor, self.currency)

    @property
    def carriage_owed_minor(self) -> int:
        """What is owed for sending it: nothing of an order of which nothing was or will be sent."""
        sent = any(line.shipped or line.credited or line.outstanding for line in self.lines)
        return self.carriage_minor if sent else 0

    @property
    def carriage_terms(self) -> TaxTerms:
        """How carriage is taxed; copied at placing."""
        return TaxTerms(self.carriage_tax_category, self.carriage_tax_basis_points)

    @property
    def cancelled_total(self) -> Money:
        """Price of the packs that were cancelled, and carriage that is not owed any more."""
        minor = sum(line.cancelled * line.pack_minor for line in self.lines)
        return Money(minor + self.carriage_minor - self.carriage_owed_minor, self.currency)

    @property
    def credited_total(self) -> Money:
        """Price of the packs sent and credited or refunded since, without what is kept of it."""
        return Money(sum(line.credited_minor for line in self.lines), self.currency)

    @property
    def owed(self) -> Money:
        """What is owed: the order's total without what was cancelled or credited."""
        minor = sum(line.owed_minor for line in self.lines)
        return Money(minor + self.carriage_owed_minor, self.currency)

    @property
    def owed_vat(self) -> list[Share]:
        """VAT on what is owed, carriage among it, by category and rate."""
        taxed = [Taxed(line.owed_minor, line.tax_terms) for line in self.lines]
        if self.carriage_owed_minor:
            taxed.append(Taxed(self.carriage_owed_minor, self.carriage_terms))
        return shares(taxed)

    @property
    def to_pay(self) -> Money:
        """What is to be paid for it in all, by card or on account: what is owed, and its VAT."""
        vat = sum(share.vat_minor for share in self.owed_vat)
        return Money(self.owed.minor + vat, self.currency)


class OrderLine(Identified, Base):
    """A product on an order, counted in packs; price, tax and pack copied at placing."""

    __tablename__ = "order_line"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "position"),
        sa.UniqueConstraint("order_id", "product_id"),
        sa.Index("ix_order_line_item", "item_id"),
        sa.CheckConstraint("packs > 0", name="packs"),
        sa.CheckConstraint("confirmed >= 0 AND confirmed <= packs", name="confirmed"),
        sa.CheckConstraint(
            "cancelled >= 0 AND shipped + cancelled <= packs + resend", name="cancelled"
        ),
        sa.CheckConstraint(
            "offered >= 0 AND shipped + cancelled + offered <= packs + resend", name="offered"
        ),
        sa.CheckConstraint("unsupplied >= 0 AND unsupplied <= cancelled", name="unsupplied"),
        sa.CheckConstraint("resend >= 0", name="resend"),
        sa.CheckConstraint("credited >= 0 AND cancelled + credited <= packs", name="credited"),
        sa.CheckConstraint(
            "restocking_minor >= 0 AND restocking_minor <= credited * pack_minor",
            name="restocking_minor",
        ),
        sa.CheckConstraint("received >= 0 AND received <= shipped", name="received"),
        sa.CheckConstraint("pack_minor >= 0", name="pack_minor"),
        sa.CheckConstraint("seen_minor >= 0", name="seen_minor"),
        NO_ID_TWICE,
    )

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"))
    position: Mapped[int]
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), index=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    sku: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(300))
    containers_per_pack: Mapped[int]
    content_per_container: Mapped[Decimal] = mapped_column(Quantity)
    pack_minor: Mapped[int] = mapped_column(sa.BigInteger)
    seen_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    """On a draft, the price of a pack that was seen last; None where there was none."""
    tax_category: Mapped[TaxCategory] = mapped_column(
        word(TaxCategory),
        default=TaxCategory.NOT_SUBJECT,
        server_default=TaxCategory.NOT_SUBJECT.value,
    )
    tax_basis_points: Mapped[int] = mapped_column(default=0)
    packs: Mapped[int]
    confirmed: Mapped[int] = mapped_column(default=0)
    shipped: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0)
    resend: Mapped[int] = mapped_column(default=0, server_default="0")
    """Packs to be sent again at no charge, over those ordered: claims settled so."""
    credited: Mapped[int] = mapped_column(default=0, server_default="0")
    """Packs whose price is not owed though they were sent: claims settled so, and returns."""
    restocking_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    """What the supplier keeps of the price of packs that were returned, net of VAT."""
    offered: Mapped[int] = mapped_column(default=0, server_default="0")
    """Packs for which a substitute is offered that the clinic has not answered: not shipped."""
    unsupplied: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of those cancelled: packs its supplier would not send, or replaced by another product."""
    promised_on: Mapped[dt.date | None]
    declined_why: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Why its supplier does not send some of it, in its own words."""
    instead_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("order_line.id"))
    """The line that this product, a substitute, was accepted for."""
    why: Mapped[str] = mapped_column(sa.Text, default="")

    order: Mapped[PurchaseOrder] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    item: Mapped[Item] = relationship()
    instead_of: Mapped[OrderLine | None] = relationship(remote_side="OrderLine.id")
    offers: Mapped[list[SubstituteOffer]] = relationship(
        back_populates="line", order_by="SubstituteOffer.id"
    )

    @property
    def offer(self) -> SubstituteOffer | None:
        """The substitute that the clinic has still to answer."""
        return next((one for one in self.offers if one.status is OfferStatus.OPEN), None)

    @property
    def pack_quantity(self) -> Decimal:
        """What one pack holds, in the item's base unit."""
        return self.content_per_container * self.containers_per_pack

    @property
    def tax_terms(self) -> TaxTerms:
        """How it is taxed; copied at placing."""
        return TaxTerms(self.tax_category, self.tax_basis_points)

    @property
    def counters(self) -> Counters:
        """What was ordered and what became of it."""
        return Counters(self.due, self.shipped, self.received, self.cancelled)

    @property
    def due_on(self) -> dt.date | None:
        """When what is still to come is expected; see :func:`ordering.outstanding.due_on`."""
        rest_only = self.promised_on is not None and self.received >= self.confirmed
        return self.promised_on if rest_only else self.order.expected_on

    @property
    def total_minor(self) -> int:
        """Price of all its packs, in minor units of the order's currency."""
        return self.packs * self.pack_minor

    @property
    def price(self) -> Money:
        """Pack price."""
        return Money(self.pack_minor, self.order.currency)

    @property
    def total(self) -> Money:
        """Price of all its packs."""
        return Money(self.total_minor, self.order.currency)

    @property
    def owed_packs(self) -> int:
        """Packs whose price is owed: neither cancelled nor credited."""
        return self.packs - self.cancelled - self.credited

    @property
    def owed_minor(self) -> int:
        """What is owed for it, in minor units, net of VAT."""
        return self.owed_packs * self.pack_minor + self.restocking_minor

    @property
    def credited_minor(self) -> int:
        """What is not owed for packs that were sent, in minor units, net of VAT."""
        return self.credited * self.pack_minor - self.restocking_minor

    @property
    def owed(self) -> Money:
        """What is owed for it: packs neither cancelled nor credited, and what is kept of others."""
        return Money(self.owed_minor, self.order.currency)

    @hybrid_property
    def due(self) -> int:
        """Packs to be sent in all: those ordered, and those sent again at no charge."""
        return self.packs + self.resend

    @hybrid_property
    def to_ship(self) -> int:
        """Packs neither shipped nor cancelled, nor replaced if the clinic likes the substitute."""
        return self.packs + self.resend - self.shipped - self.cancelled - self.offered

    @hybrid_property
    def outstanding(self) -> int:
        """Packs still to arrive."""
        return self.packs + self.resend - self.received - self.cancelled

    def drop(self, packs: int, *, unsupplied: bool = False) -> None:
        """Take ``packs`` of those not shipped off the line: nothing is owed for them any more.

        Packs that were to be sent again were paid for when they first came, so their price is
        credited; the rest is cancelled. ``unsupplied``: it is the supplier that does not send them.
        """
        free = min(packs, self.resend)
        self.resend -= free
        self.credited += free
        self.cancelled += packs - free
        if unsupplied:
            self.unsupplied += packs - free


class SubstituteOffer(Identified, Base):
    """Another product of the same supplier, offered for packs of a line it cannot send.

    The price never makes it dearer than the packs it stands for. One may be open at a time.
    """

    __tablename__ = "substitute_offer"
    __table_args__ = (
        sa.Index(
            "uq_substitute_offer_open",
            "order_line_id",
            unique=True,
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        ),
        sa.Index("ix_substitute_offer_order_line_id", "order_line_id"),
        sa.CheckConstraint("packs > 0 AND replaces > 0", name="packs"),
        sa.CheckConstraint("pack_minor >= 0", name="pack_minor"),
        sa.CheckConstraint("(status = 'open') = (answered_at IS NULL)", name="answered"),
    )

    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_line.id"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    sku: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(300))
    packs: Mapped[int]
    replaces: Mapped[int]
    """Packs of the line that it stands for."""
    pack_minor: Mapped[int] = mapped_column(sa.BigInteger)
    tax_category: Mapped[TaxCategory] = mapped_column(word(TaxCategory))
    tax_basis_points: Mapped[int]
    offered_at: Mapped[dt.datetime] = mapped_column(Instant)
    status: Mapped[OfferStatus] = mapped_column(word(OfferStatus), default=OfferStatus.OPEN)
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    line: Mapped[OrderLine] = relationship(back_populates="offers")
    product: Mapped[Product] = relationship()

    @property
    def price(self) -> Money:
        """Pack price."""
        return Money(self.pack_minor, self.line.order.currency)

    @property
    def total(self) -> Money:
        """Price of all its packs."""
        return Money(self.packs * self.pack_minor, self.line.order.currency)

    @property
    def saves(self) -> Money:
        """How much less it costs than the packs it stands for, net of VAT."""
        kept = self.replaces * self.line.pack_minor
        return Money(kept - self.packs * self.pack_minor, self.line.order.currency)


class OrderEvent(Identified, Base):
    """One step or comment on an order's timeline, seen by both sides. Append-only."""

    __tablename__ = "order_event"

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    facts: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """What the step did, for wording it and for taking it back: packs by SKU, a claim."""

    person: Mapped[Person | None] = relationship()
