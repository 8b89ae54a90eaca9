"""A practice with a clinic, two suppliers and a few products: the cast of these tests."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts import services as accounts
from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.accounts.terms import Role
from supply.actor import SYSTEM, Actor
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Price, Product
from supply.catalogue.terms import Dose, Storage
from supply.db import db, transaction
from supply.inventory.models import Balance
from supply.items.places import furnish_clinic
from supply.ordering.models import OrderEvent, PurchaseOrder
from supply.outbox.models import Mail
from supply.quantity import Unit

NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
LATER = NOW + dt.timedelta(hours=1)


@dataclass
class World:
    """Who and what there is."""

    practice: Practice
    clinic: Clinic
    owner: Person
    manager: Person
    viewer: Person
    outsider: Person
    supplier: Supplier
    seller: Person
    rival: Person
    postal: Supplier
    biotin: Product
    gloves: Product
    caffeine: Product

    @property
    def manager_acts(self) -> Actor:
        """The stock manager at an address."""
        return Actor(self.manager.id, "127.0.0.1")

    @property
    def owner_acts(self) -> Actor:
        """The owner at an address."""
        return Actor(self.owner.id, "127.0.0.1")

    @property
    def seller_acts(self) -> Actor:
        """The supplier's person at an address."""
        return Actor(self.seller.id, "127.0.0.1")


def make_world() -> World:
    """Make the cast, committed."""
    with transaction():
        by: dict[str, Any] = {"actor": SYSTEM, "now": NOW}
        practice = accounts.create_practice(
            name="Skin & Co",
            code="skin",
            licence_number="L-1",
            licence_valid_to=TODAY,
            **by,
        )
        clinic = accounts.create_clinic(
            practice, code="mitte", name="Mitte", timezone="Europe/Berlin", **by
        )
        furnish_clinic(clinic)
        supplier = accounts.create_supplier(
            name="Dermal GmbH", code="dermal", lead_time_days=5, **by
        )
        postal = accounts.create_supplier(
            name="Post Pharma",
            code="post",
            email="orders@post.example.org",
            uses_supply=False,
            lead_time_days=7,
            **by,
        )
        rivals = accounts.create_supplier(name="Rival Ltd", code="rival", **by)
        elsewhere = accounts.create_practice(name="Elsewhere", code="elsewhere", **by)

        def person(name: str, role: Role, **place: Any) -> Person:
            return accounts.create_person(
                email=f"{name}@example.org", name=name.title(), role=role, **place, **by
            )

        return World(
            practice=practice,
            clinic=clinic,
            owner=person("olga", Role.OWNER, practice=practice),
            manager=person("mia", Role.STOCK_MANAGER, practice=practice),
            viewer=person("vera", Role.VIEWER, practice=practice),
            outsider=person("otto", Role.OWNER, practice=elsewhere),
            supplier=supplier,
            seller=person("sam", Role.FULFILLER, supplier=supplier),
            rival=person("rita", Role.SUPPLIER_ADMIN, supplier=rivals),
            postal=postal,
            biotin=make_product(
                supplier, "BIO-5", "Biotin 5 ml", minimum_remaining_days=180, lead_time_days=3
            ),
            gloves=make_product(
                supplier,
                "GLO-M",
                "Gloves M",
                unit=Unit.EACH,
                content=Decimal(1),
                containers=100,
                minor=799,
                minimum_order_packs=2,
            ),
            caffeine=make_product(postal, "CAF-2", "Caffeine 2 ml", minor=4500),
        )


def make_product(
    supplier: Supplier,
    sku: str,
    name: str,
    *,
    unit: Unit = Unit.ML,
    content: Decimal = Decimal(5),
    containers: int = 10,
    minor: int | None = 2505,
    **more: object,
) -> Product:
    """Make a product with a list price in euros (none when ``minor`` is None), flushed."""
    product = Product(
        supplier_id=supplier.id,
        sku=sku,
        name=name,
        category="ampoules",
        unit=unit,
        containers_per_pack=containers,
        content_per_container=content,
        dose=Dose.NONE if unit is Unit.EACH else Dose.SINGLE,
        storage=Storage.AMBIENT,
        **more,
    )
    db.session.add(product)
    db.session.flush()
    if minor is not None:
        set_price(product, minor)
    return product


def set_price(product: Product, minor: int, valid_from: dt.date = dt.date(2026, 1, 1)) -> None:
    """Give ``product`` a list price in euro cents from a day on, flushed."""
    db.session.add(
        Price(product_id=product.id, currency="EUR", valid_from=valid_from, pack_minor=minor)
    )
    db.session.flush()


def draft(world: World, *lines: tuple[Product, int]) -> int:
    """Return the id of a draft of the first line's supplier, committed."""
    with transaction():
        supplier = db.session.get_one(Supplier, lines[0][0].supplier_id)
        wanted = [BasketLine(product.id, packs) for product, packs in lines]
        order = drafts.create_draft(
            world.clinic, supplier, wanted, actor=world.manager_acts, now=NOW
        )
    return order.id


def placed(world: World, *lines: tuple[Product, int]) -> int:
    """Return the id of a placed order, committed."""
    order_id = draft(world, *lines)
    with transaction():
        placing.place(order_id, actor=world.manager_acts, now=NOW)
    return order_id


def order_of(order_id: int) -> PurchaseOrder:
    """Return an order as the database has it."""
    db.session.rollback()
    return db.session.get_one(PurchaseOrder, order_id)


def counters(order_id: int) -> dict[str, tuple[int, int, int, int]]:
    """Return (ordered, shipped, received, cancelled) packs by SKU."""
    return {
        line.sku: (line.packs, line.shipped, line.received, line.cancelled)
        for line in order_of(order_id).lines
    }


def events(order_id: int) -> list[tuple[str, str]]:
    """Return an order's timeline as (kind, text)."""
    db.session.rollback()
    query = sa.select(OrderEvent).where(OrderEvent.order_id == order_id).order_by(OrderEvent.id)
    return [(event.kind, event.text) for event in db.session.scalars(query)]


def mails() -> list[Mail]:
    """Return every mail queued, in order."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(Mail).order_by(Mail.id)))


def on_shelves(clinic: Clinic) -> dict[str, Decimal]:
    """Return what balances hold, by lot number."""
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(Balance).where(Balance.clinic_id == clinic.id).order_by(Balance.id)
    )
    return {row.lot.number: row.quantity for row in rows if row.quantity}
