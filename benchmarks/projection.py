"""A hundred thousand items at clinics projected and proposed, and one item's page."""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from supply.projection import chance, lead_times
from supply.projection.burn import NEVER, Supplies, in_drawing_order
from supply.projection.ordering import Terms, kappa_for
from supply.projection.outlook import Item, look_ahead
from supply.projection.proposing import Items, propose

ITEMS: Final = 100_000
AT_ONCE: Final = 10_000
HISTORY: Final = 728
AHEAD: Final = 90
LOTS: Final = 4
ORDERS: Final = 2
LONGEST: Final = 30
LIMIT_MS: Final = 0.3
PAGE_LIMIT_MS: Final = 5.0
PAGES: Final = 50


def main() -> None:
    """Print milliseconds an item, for many and for one."""
    random = np.random.default_rng(7)
    chance.tables()
    seconds = 0.0
    firing = 0
    for _ in range(ITEMS // AT_ONCE):
        items = some_items(random, AT_ONCE)
        began = time.perf_counter()
        firing += int(propose(items).firing.sum())
        seconds += time.perf_counter() - began
    each = seconds / ITEMS * 1e3
    print(
        f"projection: {ITEMS:,} items in {seconds:.1f} s, {each:.3f} ms each"
        f" (aim ≤ {LIMIT_MS}); {firing:,} to order today"
    )
    page = _page_seconds(some_items(random, PAGES)) * 1e3
    print(f"projection, one item's page: {page:.2f} ms (aim ≤ {PAGE_LIMIT_MS:g})")


def some_items(random: np.random.Generator, count: int) -> Items:
    """Return items as a clinic has them: most of them slow, some fast, a quarter booked."""
    rate = np.exp(random.normal(-1.5, 1.2, count))
    used = random.poisson(np.repeat(rate[:, None], HISTORY, axis=1)).astype(np.float64)
    booked = random.binomial(2, 0.05, (count, AHEAD)) * (random.random(count) < 0.25)[:, None]
    last_day = random.integers(20, 500, (count, LOTS))
    supplies = Supplies(
        np.rint(random.exponential(6.0, (count, LOTS)) * (1 + rate[:, None])),
        np.zeros((count, LOTS), dtype=np.int64),
        np.where(random.random((count, LOTS)) < 0.1, NEVER, last_day),
    )
    opened = np.zeros((count, LOTS), dtype=bool)
    opened[:, 0] = random.random(count) < 0.3
    stated = random.integers(3, 12, count).astype(np.float64)
    lead = lead_times.around(stated, lead_times.USUAL_RATIOS, LONGEST)
    cover = np.full(count, 14.0)
    return Items(
        used=used,
        taught=random.random((count, HISTORY)) < 0.97,
        borrowed=np.zeros(count),
        pooled_dispersion=np.full(count, 2.0),
        booked=booked.astype(np.float64),
        waste=np.full(count, 0.03),
        supplies=in_drawing_order(supplies, opened),
        ordered=np.where(random.random((count, ORDERS)) < 0.3, 10.0, 0.0),
        waited=random.integers(0, 10, (count, ORDERS)),
        lead=lead,
        terms=Terms(
            pack=random.choice([1.0, 5.0, 10.0], count),
            least=np.ones(count, dtype=np.int64),
            shelf_life=np.full(count, 540.0),
            cover=cover,
            kappa=kappa_for(np.full(count, 0.97), cover),
            break_packs=np.broadcast_to(np.array([1, 10]), (count, 2)),
            price=np.broadcast_to(np.array([1000.0, 900.0]), (count, 2)),
        ),
    )


def _page_seconds(items: Items) -> float:
    """Return the middle time that one item's page takes to look ahead."""
    made = propose(items)
    taken = []
    for row in range(PAGES):
        one, there = slice(row, row + 1), items.supplies
        item = Item(
            supplies=Supplies(there.units[one], there.first_day[one], there.last_day[one]),
            ordered=items.ordered[row],
            waited=items.waited[row],
            lead=items.lead[row],
            booked=items.booked[row],
            rate=float(made.rate[row]),
            dispersion=float(made.dispersion[row]),
            service_level=0.97,
        )
        began = time.perf_counter()
        look_ahead(item)
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


if __name__ == "__main__":
    main()
