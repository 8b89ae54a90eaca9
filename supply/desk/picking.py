"""What is to be picked for several orders at once: by storage, what is to be kept cold last."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from supply.catalogue.models import Product
from supply.catalogue.terms import Storage
from supply.depot.filling import Store, place_names
from supply.depot.wording import places
from supply.ordering.models import OrderLine, PurchaseOrder

ROUND = (Storage.EITHER, Storage.AMBIENT, Storage.FROZEN, Storage.COLD)
"""The way through the store: cold goods leave it last, so that they wait shortest outside."""


@dataclass(frozen=True, slots=True)
class PickedLot:
    """Packs of a lot to fetch from where it is."""

    place: str
    number: str
    expiry: dt.date | None
    packs: int


@dataclass(slots=True)
class Pick:
    """A product to fetch, for which orders, and how long a lot has to be good."""

    product: Product
    usable_to: dt.date | None
    lines: list[OrderLine] = field(default_factory=list)
    lots: list[PickedLot] = field(default_factory=list)
    """What is fetched from the supplier's own stock; none where it keeps none here."""

    @property
    def packs(self) -> int:
        """Packs to fetch in all."""
        return sum(line.to_ship for line in self.lines)

    @property
    def short(self) -> int:
        """Packs for which no lot in stock is named."""
        return self.packs - sum(lot.packs for lot in self.lots)


@dataclass(frozen=True, slots=True)
class Aisle:
    """Products that are kept alike."""

    storage: Storage
    picks: Sequence[Pick]


def pick_list(orders: Iterable[PurchaseOrder], today: dt.date) -> list[Aisle]:
    """Return what is left to ship of ``orders``, by storage and name, each product once."""
    picks: dict[int, Pick] = {}
    for order in orders:
        for line in order.lines:
            if line.to_ship:
                pick = picks.setdefault(line.product_id, _pick(line.product, today))
                pick.lines.append(line)
    by_name = sorted(picks.values(), key=lambda pick: (pick.product.name, pick.product.id))
    aisles = [
        Aisle(storage, [pick for pick in by_name if pick.product.storage is storage])
        for storage in ROUND
    ]
    return [aisle for aisle in aisles if aisle.picks]


def name_lots(aisles: Iterable[Aisle], store: Store | None, today: dt.date) -> None:
    """Name the lots to fetch, first expired first, as far as ``store`` has them."""
    if store is None:
        return
    picks = [pick for aisle in aisles for pick in aisle.picks]
    fills = {pick.product.id: [store.fill(line, today) for line in pick.lines] for pick in picks}
    names = place_names([fill for some in fills.values() for fill in some])
    for pick in picks:
        packs: dict[tuple[str, str, dt.date | None], int] = defaultdict(int)
        for one in (one for fill in fills[pick.product.id] for one in fill.picks):
            packs[places(one, names), one.lot_number, one.expiry] += one.packs
        pick.lots = [PickedLot(*lot, count) for lot, count in packs.items()]


def _pick(product: Product, today: dt.date) -> Pick:
    days = product.minimum_remaining_days
    return Pick(product, today + dt.timedelta(days=days) if days else None)
