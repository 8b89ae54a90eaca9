"""A supplier's warehouse: which lot of each product is being picked just now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random

from supply.catalogue.models import Product

_PICKED_FOR = dt.timedelta(days=75)
"""How long one lot of a product lasts in the warehouse, about."""


@dataclass(frozen=True, slots=True)
class PickedLot:
    """A lot being picked: its number, expiry, and until when it lasts."""

    number: str
    expiry: dt.date | None
    until: dt.date


class Warehouse:
    """Lots by SKU, renewed as they run out; expiries keep what the catalogue promises."""

    def __init__(self, letter: str, rng: Random) -> None:
        """Begin empty. ``letter`` starts each lot number, so that suppliers' lots differ."""
        self._letter = letter
        self._rng = rng
        self._picked: dict[str, PickedLot] = {}
        self._made = 0

    def lot(self, product: Product, today: dt.date) -> PickedLot:
        """Return the lot of ``product`` that leaves today."""
        picked = self._picked.get(product.sku)
        if picked is None or picked.until < today:
            picked = self._new_lot(product, today)
            self._picked[product.sku] = picked
        return picked

    def _new_lot(self, product: Product, today: dt.date) -> PickedLot:
        self._made += 1
        number = f"{self._letter}{today:%y%m}-{self._made:04d}"
        lasts = _PICKED_FOR * self._rng.uniform(0.5, 1.3)
        until = today + lasts
        if product.shelf_life_months is None:
            return PickedLot(number, None, until)
        least = (product.minimum_remaining_days or 60) + lasts.days + 2
        whole = max(product.shelf_life_months * 30, least)
        # Most lots are young; some have lain in the warehouse as long as the promise allows.
        days = int(self._rng.triangular(least, whole, max(least, whole * 0.7)))
        return PickedLot(number, today + dt.timedelta(days=days), until)
