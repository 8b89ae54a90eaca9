"""What items can be bought as: products with their prices and how long they take to come."""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.alerts.scope import Place, chunks
from supply.catalogue.models import Price, Product
from supply.catalogue.rules import PriceRow, pack_price
from supply.db import AnyRow, db, table
from supply.items.models import ItemProduct
from supply.need.arrays import Floats
from supply.need.lead_times import LeadTimes

LINK, PRICE, PRODUCT, SUPPLIER = map(table, (ItemProduct, Price, Product, Supplier))

SURE: Final = 0.8
"""How likely an order has to be there in time for its supplier to count as in time."""
MONTH: Final = 30
USUAL_SHELF_LIFE: Final = 365
"""Days that what arrives can be used where neither promise nor shelf life is stated."""


class Why(enum.StrEnum):
    """Why a product was chosen among those an item can be bought as."""

    ONLY = "only"
    PREFERRED = "preferred"
    CHEAPEST = "cheapest"
    IN_TIME = "in_time"


@dataclass(frozen=True, slots=True)
class Offer:
    """A product that an item can be bought as, at a clinic today; it has a price."""

    product_id: int
    supplier_id: int
    preferred: bool
    pack: Decimal
    """What a pack holds, in the item's base unit."""
    minimum_packs: int
    breaks: Sequence[tuple[int, int]]
    """From how many packs a pack costs how many minor units, ascending; the first from one."""
    lead: Floats
    """Shares of lead times by days 1.., counted from today."""
    shelf_days: int

    @property
    def unit_price(self) -> Decimal:
        """Minor units for a base unit at the least one can order."""
        return Decimal(self.price(self.minimum_packs)) / self.pack

    def price(self, packs: int) -> int:
        """Return what a pack costs when ordering so many."""
        return next(minor for least, minor in reversed(self.breaks) if least <= packs)

    def is_in_time(self, days: int) -> bool:
        """Return whether an order placed today is likely to be there within ``days``."""
        return float(self.lead[:days].sum()) >= SURE


def best(offers: Sequence[Offer], days: int | None = None) -> tuple[Offer, Why] | None:
    """Return which of ``offers`` to take, and why; None where there is none.

    The preferred one, else the cheapest for what it holds. Where the need begins within ``days``
    and that one is not likely to come in time, the cheapest that is; where none is, it stays.
    """
    if not offers:
        return None
    usual = min(offers, key=lambda one: (not one.preferred, one.unit_price, one.product_id))
    if days is not None and not usual.is_in_time(days):
        quick = [one for one in offers if one.is_in_time(days)]
        if quick:
            return min(quick, key=lambda one: (one.unit_price, one.product_id)), Why.IN_TIME
    if len(offers) == 1:
        return usual, Why.ONLY
    return usual, Why.PREFERRED if usual.preferred else Why.CHEAPEST


class Offers:
    """The products that items may be bought as, with their prices: few reads for all."""

    def __init__(self, places: Mapping[int, Place], item_ids: Collection[int]) -> None:
        """Read them; ``places`` are the clinics that are going to ask."""
        self.places = places
        self.names: dict[int, dict[str, str]] = {}
        """By product its name and its supplier's."""
        self._links: dict[int, list[AnyRow]] = defaultdict(list)
        self._prices: dict[int, list[PriceRow]] = defaultdict(list)
        for some in chunks(sorted(item_ids)):
            self._read_products(some)
        for some in chunks(sorted(self.names)):
            self._read_prices(some)

    @cached_property
    def lead_times(self) -> LeadTimes:
        """How long their suppliers take, read when first asked for."""
        return LeadTimes({row.supplier_id for rows in self._links.values() for row in rows})

    def products(self, item_id: int) -> Sequence[AnyRow]:
        """Return what an item can be bought as."""
        return self._links[item_id]

    def price_of(self, product_id: int, clinic_id: int) -> Callable[[int], int | None]:
        """Return what a pack costs the clinic today, by packs; None where there is no price."""
        return partial(self._price, product_id, self.places[clinic_id])

    def of(self, clinic_id: int, item_id: int) -> Iterator[Offer]:
        """Yield the offers for an item that have a price for the clinic today."""
        place = self.places[clinic_id]
        for row in self._links[item_id]:
            breaks = self._breaks(row.product_id, place, row.minimum_order_packs)
            if breaks:
                yield self._offer(row, breaks, place.today)

    def _offer(self, row: AnyRow, breaks: Sequence[tuple[int, int]], today: dt.date) -> Offer:
        stated = row.lead_time_days if row.lead_time_days is not None else row.supplier_days
        lead = self.lead_times.shares(row.supplier_id, row.product_id, stated)
        if row.expected_on is not None and row.expected_on > today:
            lead = later(lead, (row.expected_on - today).days)
        months = row.shelf_life_months
        return Offer(
            row.product_id,
            row.supplier_id,
            row.preferred,
            row.content_per_container * row.containers_per_pack,
            row.minimum_order_packs,
            breaks,
            lead,
            row.minimum_remaining_days or (months * MONTH if months else USUAL_SHELF_LIFE),
        )

    def _breaks(self, product_id: int, place: Place, least: int) -> list[tuple[int, int]]:
        """Return from how many packs a pack costs what; empty where it cannot be bought."""
        numbers = sorted({1, least, *(row.from_packs for row in self._prices[product_id])})
        priced = [(packs, self._price(product_id, place, packs)) for packs in numbers]
        if self._price(product_id, place, least) is None:
            return []
        known = [(packs, minor) for packs, minor in priced if minor is not None]
        return [(1, known[0][1]), *known] if known[0][0] > 1 else known

    def _price(self, product_id: int, place: Place, packs: int) -> int | None:
        prices = self._prices[product_id]
        return pack_price(prices, place.practice_id, place.currency, packs, place.today)

    def _read_products(self, item_ids: Collection[int]) -> None:
        query = (
            sa.select(
                LINK.c.item_id,
                LINK.c.product_id,
                LINK.c.preferred,
                PRODUCT.c.supplier_id,
                PRODUCT.c.containers_per_pack,
                PRODUCT.c.content_per_container,
                PRODUCT.c.minimum_order_packs,
                PRODUCT.c.lead_time_days,
                PRODUCT.c.expected_on,
                PRODUCT.c.shelf_life_months,
                PRODUCT.c.minimum_remaining_days,
                PRODUCT.c.name,
                SUPPLIER.c.name.label("supplier"),
                SUPPLIER.c.lead_time_days.label("supplier_days"),
            )
            .select_from(LINK)
            .join(PRODUCT, PRODUCT.c.id == LINK.c.product_id)
            .join(SUPPLIER, SUPPLIER.c.id == PRODUCT.c.supplier_id)
            .where(LINK.c.item_id.in_(item_ids), PRODUCT.c.withdrawn_at.is_(None))
            .order_by(LINK.c.item_id, LINK.c.product_id)
        )
        for row in db.session.execute(query):
            self._links[row.item_id].append(row)
            self.names[row.product_id] = {"product": row.name, "supplier": row.supplier}

    def _read_prices(self, product_ids: Collection[int]) -> None:
        query = sa.select(
            PRICE.c.product_id,
            PRICE.c.practice_id,
            PRICE.c.currency,
            PRICE.c.valid_from,
            PRICE.c.from_packs,
            PRICE.c.pack_minor,
            PRICE.c.valid_to,
        ).where(PRICE.c.product_id.in_(product_ids))
        for row in db.session.execute(query):
            self._prices[row.product_id].append(PriceRow(*row))


def later(shares: Floats, days: int) -> Floats:
    """Return shares of lead times so many days later; what goes beyond the last stays on it."""
    moved = np.zeros_like(shares)
    kept = max(shares.size - days, 0)
    moved[days:] = shares[:kept]
    moved[-1] += shares[kept:].sum()
    return moved


def padded(breaks: Sequence[Sequence[tuple[int, int]]]) -> tuple[Any, Floats]:
    """Return (packs, price) of many lists of breaks as arrays, (items, breaks)."""
    most = max((len(one) for one in breaks), default=1)
    packs = np.full((len(breaks), most), np.iinfo(np.int64).max, dtype=np.int64)
    price = np.full((len(breaks), most), np.inf)
    for row, one in enumerate(breaks):
        for column, (least, minor) in enumerate(one):
            packs[row, column], price[row, column] = least, minor
    return packs, price
