"""A supplier of the demonstration that keeps its own stock: what it takes in and ships."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from supply import clock
from supply.accounts.models import Supplier
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.db import db
from supply.demo.warehouse import PickedLot, Warehouse
from supply.depot.arriving import Arriving, take_in
from supply.depot.filling import store_for
from supply.depot.keeping import depot_of, keep_stock
from supply.handling.holding import hold
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES
from supply.shipping.ship_lines import ShipLine

_DELIVERED: Final = 12
"""Packs of a lot that come at least when one has run out."""

_EARLIER: Final = dt.timedelta(hours=3)
"""How long before a parcel leaves what lacks for it has come."""

_LEFT: Final = 8
"""Packs of each product still to be shipped that come on the last day."""


class Stocking:
    """The depot of one supplier at work."""

    def __init__(self, supplier: Supplier, actor: Actor, warehouse: Warehouse) -> None:
        """Begin with nothing kept."""
        self._supplier = supplier
        self._actor = actor
        self._warehouse = warehouse

    def begin(self, now: dt.datetime) -> None:
        """Keep stock here from now on."""
        keep_stock(self._supplier, keeps=True, actor=self._actor, now=now)

    def packed(self, lines: Sequence[OrderLine], now: dt.datetime) -> list[ShipLine]:
        """Return what a parcel of ``lines`` takes from the depot; what lacks comes in before."""
        today = clock.local_date(now, self._supplier.timezone)
        lots = {line.id: self._warehouse.lot(line.product, today) for line in lines}
        self._restock(lines, lots, today, now)
        store = store_for(self._supplier, lines, now)
        fills = [(line, store.fill(line, today)) for line in lines] if store else []
        return [
            ShipLine(pick.lot_number, pick.expiry, pick.packs, order_line_id=line.id)
            for line, fill in fills
            for pick in fill.picks
        ]

    def _restock(
        self,
        lines: Sequence[OrderLine],
        lots: dict[int, PickedLot],
        today: dt.date,
        now: dt.datetime,
    ) -> None:
        store = store_for(self._supplier, lines, now)
        short = [(line, store.fill(line, today).short) for line in lines] if store else []
        come = [
            _arriving(line.product, lots[line.id], max(packs, _DELIVERED))
            for line, packs in short
            if packs
        ]
        if come:
            take_in(self._supplier, come, actor=self._actor, now=now - _EARLIER)

    def leave(self, now: dt.datetime) -> None:
        """Leave a store behind: enough for open orders, but one lot each short, old and held."""
        today = clock.local_date(now, self._supplier.timezone)
        products = _wanted(self._supplier)
        if not products:
            return
        come = [
            _arriving(product, self._warehouse.lot(product, today), _LEFT) for product in products
        ]
        near = PickedLot("Q2-0031", today + dt.timedelta(days=40), today)
        gone = PickedLot("Q1-0007", today - dt.timedelta(days=6), today)
        asked = PickedLot("Q3-0112", today + dt.timedelta(days=500), today)
        dated = [product for product in products if product.minimum_remaining_days]
        odd = [
            _arriving(product, lot, 3)
            for product, lot in zip(dated, (near, gone, asked), strict=False)
        ]
        taken = take_in(self._supplier, [*come, *odd], actor=self._actor, now=now)
        hold(
            depot_of(self._supplier),
            taken.lots[-1].id,
            location_id=None,
            reason="Maker asks to wait for the analysis",
            actor=self._actor,
            now=now,
        )


def _wanted(supplier: Supplier) -> Sequence[Product]:
    """Return the products of which something is still to be shipped, by SKU."""
    return db.session.scalars(
        sa.select(Product)
        .join(OrderLine, OrderLine.product_id == Product.id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.supplier_id == supplier.id,
            PurchaseOrder.stage.in_(OPEN_STAGES),
            OrderLine.to_ship > 0,
        )
        .distinct()
        .order_by(Product.sku)
    ).all()


def _arriving(product: Product, lot: PickedLot, packs: int) -> Arriving:
    return Arriving(
        product,
        lot.number,
        lot.expiry,
        packs,
        expired_reason="Came back from a fair",
        field=product.sku,
    )
