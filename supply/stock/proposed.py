"""What the page of an item offers to order: packs up to its par level."""

from __future__ import annotations

from dataclasses import dataclass

from supply.catalogue.models import Product
from supply.replenishment.rules import packs_for
from supply.stock.overview import StockRow


@dataclass(frozen=True, slots=True)
class Proposed:
    """A product to order and how many packs of it; ``to_par``: they bring the item up to par."""

    product: Product
    packs: int
    to_par: bool


def proposed(
    row: StockRow, product: Product | None, foreseen: int | None = None
) -> Proposed | None:
    """Return what to order of an item: packs up to its par level, else the least one can.

    Of one judged by its projection the packs ``foreseen``, where it says any.
    """
    if product is None:
        return None
    if row.target.projected:
        return Proposed(product, foreseen or product.minimum_order_packs, to_par=False)
    least, par_level = product.minimum_order_packs, row.target.par_level
    missing = (par_level or 0) - row.level.available - row.on_order
    if missing <= 0:
        return Proposed(product, least, to_par=False)
    return Proposed(product, packs_for(missing, product.pack_quantity, least), to_par=True)
