"""What a shipment draws from its supplier's depot, and puts back when it is taken back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.db import db
from supply.depot.filling import items_of
from supply.depot.rules import Pick, Shelf
from supply.inventory import drawing, ledger
from supply.inventory.lookalikes import of_item
from supply.inventory.models import Lot
from supply.inventory.reversal import reverse, standing_entry
from supply.inventory.rules import Source, normalise_lot
from supply.inventory.terms import EntryKind

SHIPMENT_SOURCE = "shipment"
"""What an entry that a shipment drew names as its source."""

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Packs of one lot that are to leave; ``field`` is what a refusal calls them ("lines.0")."""

    product_id: int
    name: str
    lot: str
    packs: int
    per_pack: int
    content: Decimal
    field: str


class Counter:
    """A depot's stock of some products while a shipment is drawn from it, locked."""

    def __init__(
        self, depot: Clinic, items: dict[int, int], lots: dict[tuple[int, str], Lot], shelf: Shelf
    ) -> None:
        """Keep what there is: :func:`counter_of` reads it."""
        self._depot = depot
        self._items = items
        self._lots = lots
        self._shelf = shelf
        self._picks: list[Pick] = []

    def lot(self, product_id: int, number: str) -> Lot | None:
        """Return the depot's lot of a product that ``number`` means."""
        return self._lots.get((self._items.get(product_id, 0), normalise_lot(number)))

    def pick(self, leaving: Sequence[Leaving]) -> list[Fault]:
        """Set ``leaving`` aside to be drawn; return what stands against it, by field."""
        faults = []
        for one in leaving:
            lot = self.lot(one.product_id, one.lot)
            if lot is None:
                faults.append((f"{one.field}.lot", self._not_there(one)))
            elif lot.content_per_container != one.content:
                faults.append((f"{one.field}.lot", _other_size(one)))
            else:
                picked = self._shelf.take(lot.item_id, lot.number, one.packs, one.per_pack)
                if isinstance(picked, int):
                    faults.append((f"{one.field}.packs", _too_few(one, lot, picked)))
                else:
                    self._picks.append(picked)
        return faults

    def draw(self, shipment_id: int, code: str, *, actor: Actor, now: dt.datetime) -> int | None:
        """Post what was picked as one entry of the shipment's; return it, None for nothing.

        Raises:
            InvalidInput: dated forward.
        """
        if not self._picks:
            return None
        outside = ledger.outside_of(self._depot.id)
        moves = [_move(pick, outside) for pick in self._taken()]
        places: list[ledger.Place] = [(move.from_location_id, move.lot_id, None) for move in moves]
        return ledger.post(
            ledger.Draft(
                self._depot.id,
                EntryKind.SHIPMENT,
                now,
                moves,
                reason=code,
                source=(SHIPMENT_SOURCE, shipment_id),
            ),
            outside,
            ledger.lock_places(places),
            actor=actor,
            now=now,
        )

    def _taken(self) -> list[tuple[Source, Decimal]]:
        quantities: dict[int, Decimal] = defaultdict(Decimal)
        sources = {}
        for pick in self._picks:
            for taken in pick.taken:
                sources[taken.source.balance_id] = taken.source
                quantities[taken.source.balance_id] += taken.containers * taken.source.content
        return [(source, quantities[balance_id]) for balance_id, source in sources.items()]

    def _not_there(self, one: Leaving) -> str:
        item_id = self._items.get(one.product_id)
        meant = of_item(item_id, one.lot) if item_id is not None else None
        if meant is not None:
            return str(
                _(
                    "%(name)s: lot %(lot)s is not in your stock. Is %(known)s meant?",
                    name=one.name,
                    lot=one.lot.strip(),
                    known=meant,
                )
            )
        return str(
            _(
                "%(name)s: lot %(lot)s is not in your stock. Take it in first, or say that it is"
                " not from your stock.",
                name=one.name,
                lot=one.lot.strip(),
            )
        )


def counter_of(
    supplier: Supplier, named: Collection[tuple[int, str]], now: dt.datetime
) -> Counter | None:
    """Return the depot's stock to draw what is ``named`` from; None: none is kept here.

    ``named`` are ids of products, and the numbers of lots of them. Locks the balances of their
    items, in primary-key order.
    """
    depot = supplier.depot if supplier.keeps_stock else None
    if depot is None:
        return None
    items = items_of(depot, {product_id for product_id, _number in named})
    ids = list(items.values())
    if not ids:
        return Counter(depot, {}, {}, Shelf(()))
    sources, _outside = drawing.lock_drawable(depot.id, ids, at=now, timezone=depot.timezone)
    numbers = {normalise_lot(number) for _product_id, number in named}
    rows = db.session.scalars(
        sa.select(Lot).where(Lot.item_id.in_(ids), Lot.normalised.in_(numbers))
    )
    lots = {(lot.item_id, lot.normalised): lot for lot in rows}
    return Counter(depot, items, lots, Shelf(sources))


def put_back(shipment_id: int, code: str, *, actor: Actor, now: dt.datetime) -> int | None:
    """Put back what a shipment drew, as it was; return the reversing entry, None for nothing.

    Locks the entry, then the balances of its lots in primary-key order.
    """
    entry_id = standing_entry((SHIPMENT_SOURCE, shipment_id))
    return reverse(entry_id, reason=code, actor=actor, now=now) if entry_id is not None else None


def _move(taken: tuple[Source, Decimal], outside: ledger.Outside) -> ledger.MoveDraft:
    source, quantity = taken
    if outside.customer is None:
        raise ValueError("a depot has a place for its customers")
    return ledger.MoveDraft(
        item_id=source.item_id,
        lot_id=source.lot_id,
        content=source.content,
        from_location_id=source.location_id,
        to_location_id=outside.customer,
        quantity=quantity,
    )


def _other_size(one: Leaving) -> str:
    return str(
        _(
            "%(name)s: lot %(lot)s has containers of another size than those ordered.",
            name=one.name,
            lot=one.lot.strip(),
        )
    )


def _too_few(one: Leaving, lot: Lot, there: int) -> str:
    if not there:
        return str(
            _(
                "%(name)s: nothing of lot %(lot)s can leave your stock: all of it is sent,"
                " on hold or expired.",
                name=one.name,
                lot=lot.number,
            )
        )
    return str(
        ngettext(
            "%(name)s: only %(num)d pack of lot %(lot)s can leave your stock.",
            "%(name)s: only %(num)d packs of lot %(lot)s can leave your stock.",
            there,
            name=one.name,
            lot=lot.number,
        )
    )
