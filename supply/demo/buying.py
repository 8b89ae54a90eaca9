"""What a clinic orders: a weekly look at what is low, and orders made for a purpose."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from supply.baskets.drafts import BasketLine, add_to_basket, create_draft
from supply.baskets.placing import approve, place
from supply.catalogue.models import Price, Product
from supply.catalogue.offered import offered_to, sold_by_own
from supply.db import db
from supply.demo.agenda import wall
from supply.demo.levels import Levels
from supply.demo.profiles import ORDER_LIMIT
from supply.demo.supplying import Errand, Supplying
from supply.demo.upkeep import Upkeep
from supply.inventory import queries as inventory
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.ordering.queries import on_order
from supply.ordering.terms import Stage
from supply.quantity import ZERO, whole_containers
from supply.sentences import say

WORTH_A_PARCEL = 4
"""From so many low items on a supplier gets an order, even if none of them is urgent."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The product an item is bought as: the cheapest of its SKU in a clinic's currency."""

    product: Product
    pack_minor: int


def cheapest_offers(practice_id: int, currency: str) -> dict[str, Offer]:
    """Return by SKU the product with the lowest list price of those offered to a practice.

    What it has a supplier of its own for, it buys there.
    """
    rows = db.session.execute(
        sa.select(Product, Price.pack_minor)
        .join(Price, Price.product_id == Product.id)
        .where(Price.currency == currency, Price.from_packs == 1, offered_to(practice_id))
        .order_by(sold_by_own(practice_id), Price.pack_minor.desc(), Product.id)
    )
    return {product.sku: Offer(product, minor) for product, minor in rows}


@dataclass(frozen=True, slots=True)
class _Low:
    """What would bring an item up to its par level; urgent at half the reorder point."""

    line: BasketLine
    is_urgent: bool


class Buying:
    """Orders for one clinic, by its levels, from whoever asks least."""

    def __init__(
        self,
        upkeep: Upkeep,
        offers: Mapping[str, Offer],
        levels: Mapping[int, Levels],
        suppliers: Mapping[int, Supplying],
    ) -> None:
        """Take the clinic, offers by SKU, levels by item id, and the suppliers by id."""
        self.ward = upkeep.ward
        self.upkeep = upkeep
        self.offers = offers
        self.levels = levels
        self.suppliers = suppliers

    def plan_reviews(self, days: Sequence[dt.date]) -> None:
        """Put the weekly look at what is low on the agenda, on ``days`` of its weekday."""
        profile = self.ward.profile
        for day in days:
            if day.weekday() == profile.reviews:
                instant = wall(day, profile.opens - 1, 40, profile.timezone)
                self.ward.agenda.at(instant, self._review)

    def basket_line(self, code: str, packs: int, why: str = "") -> BasketLine:
        """Return packs of the item ``code`` as a line for a basket."""
        return BasketLine(self.offers[code].product.id, packs, why)

    def order(self, code_packs: Mapping[str, int], now: dt.datetime) -> PurchaseOrder:
        """Draft an order of one supplier's products, by item code, and place it."""
        lines = [self.basket_line(code, packs) for code, packs in code_packs.items()]
        product = self.offers[next(iter(code_packs))].product
        supplier = self.suppliers[product.supplier_id].supplier
        actor = self.ward.manager
        order = create_draft(self.ward.clinic, supplier, lines, actor=actor, now=now)
        return place(order.id, limit=self._limit(), actor=actor, now=now)

    def _limit(self) -> Money | None:
        """Return up to what the clinic's manager orders alone; see ``profiles.LONDON_MANAGER``."""
        clinic = self.ward.clinic
        if clinic.currency != clinic.practice.currency:
            return None
        return Money(ORDER_LIMIT, clinic.currency)

    def _review(self, now: dt.datetime) -> None:
        """Order from each supplier of whom enough is low, or something is very low."""
        worth: list[BasketLine] = []
        for wanted in self._low(now).values():
            if len(wanted) >= WORTH_A_PARCEL or any(low.is_urgent for low in wanted):
                worth += [low.line for low in wanted]
        if not worth:
            return
        for order in add_to_basket(self.ward.clinic, worth, actor=self.ward.manager, now=now):
            self.ward.agenda.at(now + dt.timedelta(minutes=8), partial(self._place, order.id))

    def _low(self, now: dt.datetime) -> dict[int, list[_Low]]:
        """Return what is at its reorder point or below, by the supplier it is bought from."""
        clinic_id = self.ward.clinic.id
        there = inventory.levels([clinic_id], None, now=now)
        coming = on_order([clinic_id], None)
        low: dict[int, list[_Low]] = defaultdict(list)
        for item_id, levels in self.levels.items():
            level = there.get((clinic_id, item_id))
            position = (level.available if level else ZERO) + coming.get((clinic_id, item_id), ZERO)
            if position <= levels.reorder_point:
                product = self.offers[levels.code].product
                packs = whole_containers(levels.par_level - position, product.pack_quantity)
                why = self.ward.written(say("Below its reorder point"))
                line = BasketLine(product.id, packs, why)
                low[product.supplier_id].append(_Low(line, position <= levels.reorder_point / 2))
        return low

    def _place(self, order_id: int, now: dt.datetime) -> None:
        ward = self.ward
        order = place(order_id, limit=self._limit(), actor=ward.manager, now=now)
        if order.stage is Stage.AWAITING_APPROVAL:
            ward.agenda.at(now + dt.timedelta(hours=3), partial(self._approve, order_id))
        else:
            self._hand_over(order, now)

    def _approve(self, order_id: int, now: dt.datetime) -> None:
        self._hand_over(approve(order_id, actor=self.ward.owner, now=now), now)

    def _hand_over(self, order: PurchaseOrder, now: dt.datetime) -> None:
        self.suppliers[order.supplier_id].take_order(Errand(order.id, self.upkeep), now)
