"""A row of what is to be sent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShipLine:
    """Packs of one lot to send. The order's line is named by its id or by the supplier's SKU.

    Where the supplier keeps its stock here they leave it, unless they are not ``from_stock``.
    """

    lot: str
    expiry: dt.date | None
    packs: int
    sku: str | None = None
    order_line_id: int | None = None
    from_stock: bool = True
