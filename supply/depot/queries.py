"""Reading a depot: what is there by product and lot, what is promised of it, what is free."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply import clock, searching
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.catalogue.barcodes import Scan, scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, unindexed
from supply.depot.keeping import depot_of
from supply.depot.rules import Counted, Shelf, Show, Wanted, free
from supply.inventory import availability, drawing
from supply.inventory.availability import BALANCE, HOLD, LOCATION, LOT
from supply.inventory.labels import is_code
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.rules import ShelfLife, normalise_lot, shelf_life
from supply.items.models import ClinicItem, Item, ItemProduct, Location
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import Stage
from supply.quantity import ZERO

PAGE = 50
"""Products on a page."""

_ALL = MOST_PACKS * MOST_PACKS


@dataclass(slots=True)
class LotThere:
    """A lot in a depot: how many containers, where, and how long it lasts."""

    id: int
    number: str
    expiry: dt.date | None
    life: ShelfLife
    per_pack: int
    containers: int = 0
    is_held: bool = False
    places: list[str] = field(default_factory=list)

    @property
    def counted(self) -> Counted:
        """What is there, in packs."""
        return Counted(self.containers, self.per_pack)


@dataclass(slots=True)
class ProductThere:
    """A product once taken into a depot, and its lots that are shown.

    ``sendable`` packs may leave today: in date as long as is promised, and not on hold.
    """

    product: Product
    item_id: int
    on_hand: Counted
    sendable: int
    promised: int
    lots: list[LotThere] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Packs that are promised to nobody."""
        return free(self.sendable, self.promised)

    @property
    def missing(self) -> int:
        """Packs promised that are not there to be sent."""
        return max(self.promised - self.sendable, 0)


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the products, and how many there are in all."""

    products: Sequence[ProductThere]
    total: int


def overview(
    supplier: Supplier, depot: Clinic, now: dt.datetime, *, show: Show, q: str, start: int
) -> Page:
    """Return the products of a depot by name with their lots; six statements whatever it holds.

    ``show`` leaves out the lots, and the products, of which nothing is so. A product that is all
    sent stays listed.
    """
    today = clock.local_date(now, depot.timezone)
    found = _products(supplier, depot, today, show, q)
    total = db.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    rows = db.session.execute(
        found.order_by(Product.searched, Product.id).limit(PAGE).offset(start)
    ).all()
    products = _there(supplier, depot, {row.Product: row.id for row in rows}, now, today)
    for product in products:
        product.lots = [lot for lot in product.lots if _is_shown(lot, show)]
    return Page(products, total)


def kept_by(
    supplier_ids: Collection[int], now: dt.datetime, *, after: int, limit: int
) -> list[ProductThere]:
    """Return products of these suppliers' depots by id, those above ``after``, with their lots."""
    rows = db.session.execute(
        _taken_in()
        .join(Supplier, Supplier.depot_id == ClinicItem.clinic_id)
        .where(Supplier.id.in_(supplier_ids), Supplier.keeps_stock, Product.id > after)
        .options(joinedload(Product.supplier).joinedload(Supplier.depot))
        .order_by(Product.id)
        .limit(limit)
    ).all()
    items: dict[Supplier, dict[Product, int]] = defaultdict(dict)
    for row in rows:
        items[row.Product.supplier][row.Product] = row.id
    found = []
    for supplier, some in items.items():
        depot = depot_of(supplier)
        found += _there(supplier, depot, some, now, clock.local_date(now, depot.timezone))
    return sorted(found, key=lambda one: one.product.id)


def _taken_in() -> sa.Select[Product, int]:
    """Return the select of products once taken into a depot, and the item each is there."""
    return (
        sa.select(Product, Item.id)
        .join(ItemProduct, ItemProduct.product_id == Product.id)
        .join(Item, Item.id == ItemProduct.item_id)
        .join(ClinicItem, ClinicItem.item_id == Item.id)
    )


def _products(
    supplier: Supplier, depot: Clinic, today: dt.date, show: Show, q: str
) -> sa.Select[Product, int]:
    query = _taken_in().where(ClinicItem.clinic_id == depot.id)
    if q:
        named = [searching.mentions(Product.searched, word) for word in searching.wanted(q)]
        read = scan(q, today=today)
        if is_code(q, read):
            return _scanned(query, depot, read)
        numbered = LOT.c.normalised.contains(normalise_lot(q), autoescape=True)
        query = query.where(sa.or_(sa.and_(sa.true(), *named), _some_lot(depot, numbered)))
    match show:
        case Show.ALL:
            return query
        case Show.EXPIRED:
            return query.where(_some_lot(depot, LOT.c.expiry < today))
        case Show.HELD:
            held = sa.exists().where(availability.held_here(depot.id))
            return query.where(_some_lot(depot, held))
        case Show.SHORT:
            return query.where(_some_lot(depot, LOT.c.expiry >= today, _too_near(supplier, today)))


def _scanned(query: sa.Select[Product, int], depot: Clinic, read: Scan) -> sa.Select[Product, int]:
    """Return what a code means: its product and lot, as far as it says them; all of them else."""
    if read.gtin is not None:
        query = query.where(
            sa.exists().where(ProductGtin.product_id == Product.id, ProductGtin.gtin == read.gtin)
        )
    if read.lot is not None:
        query = query.where(_some_lot(depot, LOT.c.normalised == normalise_lot(read.lot)))
    return query if read.gtin or read.lot else query.where(sa.false())


def _some_lot(depot: Clinic, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that something of an item is there of a lot that is so."""
    return sa.exists(
        sa.select(BALANCE.c.id)
        .join(LOT, LOT.c.id == BALANCE.c.lot_id)
        .join(LOCATION, LOCATION.c.id == BALANCE.c.location_id)
        .where(
            BALANCE.c.clinic_id == depot.id,
            BALANCE.c.item_id == Item.id,
            availability.on_shelf(),
            *where,
        )
        .correlate(Item.__table__, Product.__table__)
    )


def _too_near(supplier: Supplier, today: dt.date) -> sa.ColumnElement[bool]:
    """Return the condition that a lot ends before what its product promises."""
    promises = db.session.scalars(
        sa.select(Product.minimum_remaining_days)
        .distinct()
        .where(Product.supplier_id == supplier.id, Product.minimum_remaining_days > 0)
    )
    return sa.or_(
        sa.false(),
        *(
            sa.and_(
                Product.minimum_remaining_days == days,
                LOT.c.expiry < today + dt.timedelta(days=days),
            )
            for days in promises
            if days is not None
        ),
    )


def _there(
    supplier: Supplier,
    depot: Clinic,
    items: Mapping[Product, int],
    now: dt.datetime,
    today: dt.date,
) -> list[ProductThere]:
    if not items:
        return []
    ids = list(items.values())
    shelf = Shelf(drawing.drawable(depot.id, ids, at=now, timezone=depot.timezone))
    due = promised(supplier, [product.id for product in items])
    lots = _lots(depot, {item_id: product for product, item_id in items.items()}, today)
    return [
        ProductThere(
            product,
            item_id,
            Counted(sum(lot.containers for lot in lots[item_id]), product.containers_per_pack),
            _sendable(shelf, product, item_id, today),
            due.get(product.id, 0),
            lots[item_id],
        )
        for product, item_id in items.items()
    ]


def _sendable(shelf: Shelf, product: Product, item_id: int, today: dt.date) -> int:
    everything = Wanted(
        item_id,
        _ALL,
        product.containers_per_pack,
        product.content_per_container,
        product.minimum_remaining_days,
        today,
    )
    return sum(pick.packs for pick in shelf.fill(everything).picks)


def _lots(
    depot: Clinic, products: Mapping[int, Product], today: dt.date
) -> dict[int, list[LotThere]]:
    rows = db.session.execute(
        sa.select(Balance.item_id, Balance.quantity, Lot, Location.name)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == depot.id,
            Balance.item_id.in_(products),
            availability.on_shelf(),
        )
        .order_by(Lot.expiry.is_(None), Lot.expiry, Lot.id, Location.position, Location.id)
    ).all()
    held = _held(depot, {row.Lot.id for row in rows})
    found: dict[int, dict[int, LotThere]] = defaultdict(dict)
    for row in rows:
        lot, product = row.Lot, products[row.item_id]
        there = found[row.item_id].get(lot.id)
        if there is None:
            life = shelf_life(lot.expiry, product.minimum_remaining_days, today)
            there = LotThere(lot.id, lot.number, lot.expiry, life, product.containers_per_pack)
            there.is_held = lot.id in held
            found[row.item_id][lot.id] = there
        there.containers += int(row.quantity // lot.content_per_container)
        there.places.append(row.name)
    return defaultdict(list, {item_id: list(lots.values()) for item_id, lots in found.items()})


def _held(depot: Clinic, lot_ids: Collection[int]) -> set[int]:
    return set(
        db.session.scalars(
            sa.select(HOLD.c.lot_id).where(
                HOLD.c.lot_id.in_(lot_ids), availability.in_force(depot.id)
            )
        )
    )


def _is_shown(lot: LotThere, show: Show) -> bool:
    match show:
        case Show.ALL:
            return True
        case Show.SHORT:
            return lot.life is ShelfLife.SHORT
        case Show.EXPIRED:
            return lot.life is ShelfLife.EXPIRED
        case Show.HELD:
            return lot.is_held


def promised(supplier: Supplier, product_ids: Collection[int]) -> dict[int, int]:
    """Return by product the packs confirmed to clinics and not shipped yet.

    What is put off to a later day is not among them: it was answered for want of stock.
    """
    sure = OrderLine.confirmed + OrderLine.resend - OrderLine.shipped
    left = OrderLine.to_ship
    packs = sa.case((sure < 0, 0), (sure < left, sure), else_=left)
    rows = db.session.execute(
        sa.select(OrderLine.product_id, sa.func.sum(packs).label("packs"))
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.supplier_id == supplier.id,
            PurchaseOrder.stage == Stage.ACKNOWLEDGED,
            unindexed(OrderLine.product_id).in_(product_ids),
        )
        .group_by(OrderLine.product_id)
    )
    return {row.product_id: int(row.packs) for row in rows}


@dataclass(frozen=True, slots=True)
class LotWhole:
    """A lot of a depot with its product, where it is, and what holds it."""

    lot: Lot
    product: Product
    places: Sequence[Balance]
    holds: Sequence[Hold]

    def of(self, quantity: Decimal) -> Counted:
        """Return a quantity of the lot, in the base unit, in packs."""
        containers = int(quantity // self.lot.content_per_container)
        return Counted(containers, self.product.containers_per_pack)

    def counted(self, balance: Balance) -> Counted:
        """Return what is in one place, in packs."""
        return self.of(balance.quantity)

    @property
    def whole(self) -> Counted:
        """All that is there, in packs."""
        return self.of(sum((place.quantity for place in self.places), ZERO))


def lot_of(depot: Clinic, lot_id: int) -> LotWhole:
    """Return a lot of the depot; raises NotFoundHereError for any other."""
    found = db.session.execute(
        sa.select(Lot, Product)
        .join(ItemProduct, ItemProduct.item_id == Lot.item_id)
        .join(Product, Product.id == ItemProduct.product_id)
        .where(Lot.id == lot_id, Lot.practice_id == depot.practice_id)
        .order_by(ItemProduct.preferred.desc(), Product.id)
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFoundHereError(str(lot_id))
    places = db.session.scalars(
        sa.select(Balance)
        .join(Location, Location.id == Balance.location_id)
        .options(sa.orm.contains_eager(Balance.location))
        .where(Balance.clinic_id == depot.id, Balance.lot_id == lot_id, availability.on_shelf())
        .order_by(Location.position, Location.id)
        .execution_options(populate_existing=True)
    ).all()
    holds = db.session.scalars(
        sa.select(Hold)
        .where(Hold.lot_id == lot_id, availability.in_force(depot.id))
        .order_by(Hold.id)
    ).all()
    return LotWhole(found.Lot, found.Product, places, holds)


def balance_of(depot: Clinic, balance_id: int) -> Balance:
    """Return what lies in one place of the depot; raises NotFoundHereError for anything else."""
    found = db.session.get(Balance, balance_id)
    if found is None or found.clinic_id != depot.id or found.container_id is not None:
        raise NotFoundHereError(str(balance_id))
    return found
