"""What taking a supplier's file would change, product by product, to be looked at first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from supply.catalogue import rules
from supply.catalogue.importing.plan import Known, Plan, differences
from supply.money import Money

NOT_SHOWN = frozenset({"storage_text", "gtin_containers"})
"""Differences that another one says already."""


@dataclass(slots=True)
class ProductChange:
    """A product that is new, changed, or gets another price; fields as column, before, after."""

    sku: str
    name: str
    is_new: bool = False
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    price_before: Money | None = None
    price: Money | None = None


def changes_of(plan: Plan, known: Mapping[str, Known], today: dt.date) -> list[ProductChange]:
    """Return what a plan would change, new products first, each product once."""
    found = {
        row.sku: ProductChange(row.sku, row.columns["name"], is_new=True) for row in plan.added
    }
    for before, row in plan.changed:
        fields = [
            (name, was, now)
            for name, (was, now) in differences(before, row).items()
            if name not in NOT_SHOWN
        ]
        found[row.sku] = ProductChange(row.sku, row.columns["name"], fields=fields)
    for sku, name, was, price in _prices(plan, known, today):
        change = found.setdefault(sku, ProductChange(sku, name))
        change.price_before, change.price = was, price
    return list(found.values())


def _prices(
    plan: Plan, known: Mapping[str, Known], today: dt.date
) -> Iterator[tuple[str, str, Money | None, Money]]:
    for row in plan.priced:
        if row.price is None:
            continue
        there = known[row.sku].prices if row.sku in known else []
        minor = rules.pack_price(there, None, row.price.currency, 1, today)
        was = None if minor is None else Money(minor, row.price.currency)
        yield row.sku, row.columns["name"], was, row.price
