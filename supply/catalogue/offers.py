"""Products as they are offered to a clinic: its price, lead time, and what it has of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.accounts.models import Clinic
from supply.catalogue import queries, rules, shelf
from supply.catalogue.models import Product
from supply.catalogue.queries import Rival
from supply.catalogue.shelf import OnHand
from supply.money import Money

Prices = Mapping[int, Sequence[rules.PriceRow]]
"""By product what may apply, the practice's own prices and the list's."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as a comparable row; prices are in the clinic's currency."""

    product: Product
    price: Money | None
    unit_price: Decimal | None
    lead_time_days: int
    on_hand: OnHand | None


def prices_of(clinic: Clinic, products: Sequence[Product | Rival], today: dt.date) -> Prices:
    """Return by product what it may cost the clinic; one statement."""
    ids = {product.id for product in products}
    return queries.prices_for(sorted(ids), clinic.practice_id, clinic.currency, today)


def offers(
    clinic: Clinic, products: Sequence[Product], prices: Prices, now: dt.datetime, today: dt.date
) -> list[Offer]:
    """Return the products as they are offered to the clinic, in the same order."""
    ids = [product.id for product in products]
    there = shelf.on_hand(clinic, ids, now) if ids else {}
    return [
        _offer(clinic, product, prices.get(product.id, []), there.get(product.id), today)
        for product in products
    ]


def _offer(
    clinic: Clinic,
    product: Product,
    prices: Sequence[rules.PriceRow],
    there: OnHand | None,
    today: dt.date,
) -> Offer:
    packs = product.minimum_order_packs
    currency = clinic.currency
    minor = rules.pack_price(prices, clinic.practice_id, currency, packs, today)
    lead = product.lead_time_days
    return Offer(
        product=product,
        price=None if minor is None else Money(minor, currency),
        unit_price=None if minor is None else _unit_price(minor, product.pack_quantity, currency),
        lead_time_days=product.supplier.lead_time_days if lead is None else lead,
        on_hand=there,
    )


def cheapest(clinic: Clinic, products: Sequence[Rival], prices: Prices, today: dt.date) -> set[int]:
    """Return the ids of those offered for less than every other offer of the same SKU."""
    by_sku: dict[str, list[tuple[Decimal, int]]] = {}
    for product in products:
        packs = product.minimum_order_packs
        rows = prices.get(product.id, [])
        minor = rules.pack_price(rows, clinic.practice_id, clinic.currency, packs, today)
        if minor is not None:
            each = _unit_price(minor, product.pack_quantity, clinic.currency)
            by_sku.setdefault(product.sku, []).append((each, product.id))
    ranked = [sorted(priced) for priced in by_sku.values() if len(priced) > 1]
    return {first[1] for first, second, *_more in ranked if first[0] < second[0]}


def _unit_price(minor: int, pack_quantity: Decimal, currency: str) -> Decimal:
    """Return the price of a base unit in major units of ``currency``."""
    share = rules.unit_price(minor, pack_quantity)
    return share * Money(1, currency).amount
