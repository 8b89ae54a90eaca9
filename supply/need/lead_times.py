"""How long orders took: from placing to receiving, by supplier and product, over a year."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Final

import numpy as np
import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import local_date
from supply.db import Instant, db, execute, table, unindexed
from supply.need.arrays import Floats
from supply.need.models import LeadSeen
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.projection import lead_times
from supply.receiving.models import Receipt, ReceiptLine

ORDER, LINE, RECEIPT, RECEIVED = map(table, (PurchaseOrder, OrderLine, Receipt, ReceiptLine))
SEEN, CLINIC = table(LeadSeen), table(Clinic)

LOOKED_AT: Final = dt.timedelta(days=365)
LONGEST: Final = 60
"""Days beyond which a date is taken for a slip, or the order for one that was forgotten."""


def note_lead_times(now: dt.datetime) -> None:
    """Write anew how long the orders of a year took, in the caller's transaction.

    The first time something of a line came counts. Days below one or beyond :data:`LONGEST` come
    of dirty dates and are left out; an order that came the day it was placed took one.
    """
    counts: Counter[tuple[int, int, int]] = Counter()
    for row in execute(_first_received(), {"since": now - LOOKED_AT}):
        took = (row.received_on - local_date(row.placed_at, row.timezone)).days
        if 0 <= took <= LONGEST:
            counts[row.supplier_id, row.product_id, max(took, 1)] += 1
    execute(sa.delete(SEEN))
    rows = [
        {"supplier_id": supplier, "product_id": product, "days": days, "orders": orders}
        for (supplier, product, days), orders in sorted(counts.items())
    ]
    if rows:
        execute(sa.insert(SEEN), rows)


def _first_received() -> sa.Select[int, int, dt.datetime, str, dt.date]:
    return (
        sa.select(
            ORDER.c.supplier_id,
            LINE.c.product_id,
            ORDER.c.placed_at,
            CLINIC.c.timezone,
            sa.func.min(RECEIPT.c.received_on).label("received_on"),
        )
        .select_from(ORDER)
        # From the orders placed since: what was ever received is many times more.
        .join(LINE, LINE.c.order_id == unindexed(ORDER.c.id))
        .join(RECEIVED, RECEIVED.c.order_line_id == LINE.c.id)
        .join(RECEIPT, RECEIPT.c.id == RECEIVED.c.receipt_id)
        .join(CLINIC, CLINIC.c.id == ORDER.c.clinic_id)
        .where(ORDER.c.placed_at >= sa.bindparam("since", type_=Instant), RECEIVED.c.quantity > 0)
        .group_by(LINE.c.id, ORDER.c.supplier_id, ORDER.c.placed_at, CLINIC.c.timezone)
    )


class LeadTimes:
    """What is known of how long suppliers take, for the products of some offers."""

    def __init__(self, supplier_ids: Collection[int]) -> None:
        """Read what was seen of ``supplier_ids``."""
        self._of_supplier: dict[int, Floats] = defaultdict(lambda: np.zeros(LONGEST))
        self._of_product: dict[int, Floats] = defaultdict(lambda: np.zeros(LONGEST))
        query = sa.select(SEEN).where(SEEN.c.supplier_id.in_(supplier_ids))
        for row in db.session.execute(query):
            self._of_supplier[row.supplier_id][row.days - 1] += row.orders
            self._of_product[row.product_id][row.days - 1] += row.orders

    def shares(self, supplier_id: int, product_id: int, stated: int) -> Floats:
        """Return the shares of lead times by days 1.. up to :data:`LONGEST`.

        A product's own orders, drawn towards its supplier's, drawn towards what is ``stated``.
        """
        prior = lead_times.around(
            np.array([float(max(stated, 1))]), lead_times.USUAL_RATIOS, LONGEST
        )
        of_supplier = lead_times.learned(self._of_supplier[supplier_id][None, :], prior)
        shares: Floats = lead_times.learned(self._of_product[product_id][None, :], of_supplier)[0]
        return shares

    def orders_seen(self, supplier_id: int) -> int:
        """Return how many lines of orders are known of a supplier."""
        return int(self._of_supplier[supplier_id].sum())


def span(shares: Floats) -> tuple[int, int]:
    """Return the days within which nine of ten orders come: (from, to)."""
    by_then = shares.cumsum()
    low, high = (int(np.argmax(by_then >= level - 1e-9)) + 1 for level in (0.05, 0.95))
    return low, high
