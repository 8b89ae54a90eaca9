"""What became of recalled lots in each clinic, from the ledger: each row adds up.

Received (in all, counted in, or sent by a sister clinic) is what was used, wasted, returned or
destroyed, what is on hand, and what is on its way to a sister clinic. What a count found missing
is wasted, and what a supplier sent back of what was returned to it is returned no more. Packs a
supplier has sent that have not arrived are in transit, and not received yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import AnyRow, Quantity, db
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.rules import normalise_lot
from supply.inventory.terms import EntryKind, WasteCause
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import ZERO
from supply.recalls.models import RecalledLot
from supply.recalls.reaching import Meant, sent_lines
from supply.shipping.models import Shipment, ShipmentLine

OUTSIDE = (
    LocationKind.SUPPLIER,
    LocationKind.PATIENT,
    LocationKind.WASTE,
    LocationKind.DIFFERENCE,
    LocationKind.CUSTOMER,
)


class OfItem(Protocol):
    """Something about an item."""

    @property
    def item_id(self) -> int:
        """The item."""


@dataclass(slots=True, kw_only=True)
class Row:
    """A recalled lot in one clinic, in the item's base unit. ``lot_id`` None: only on its way."""

    practice_id: int
    clinic_id: int
    item_id: int
    lot_id: int | None
    number: str
    received: Decimal = ZERO
    used: Decimal = ZERO
    wasted: Decimal = ZERO
    on_hand: Decimal = ZERO
    in_transit: Decimal = ZERO
    returned: Decimal = ZERO
    destroyed: Decimal = ZERO

    @property
    def unaccounted(self) -> Decimal:
        """What is still to be returned or destroyed."""
        return self.on_hand + self.in_transit

    def add(self, other: Row) -> None:
        """Add another row's quantities to this one's."""
        self.received += other.received
        self.used += other.used
        self.wasted += other.wasted
        self.on_hand += other.on_hand
        self.in_transit += other.in_transit
        self.returned += other.returned
        self.destroyed += other.destroyed

    @property
    def says_something(self) -> bool:
        """Whether any of it ever was here or is on its way."""
        return any((self.received, self.used, self.unaccounted, self.returned, self.destroyed))


def rows_of(recall_id: int, what: Meant, practice_ids: Collection[int] | None = None) -> list[Row]:
    """Return what became of a recall's lots, by clinic and lot: two statements.

    ``practice_ids``: in these practices alone.
    """
    lots = sa.select(RecalledLot.lot_id).where(RecalledLot.recall_id == recall_id)
    return rows_of_lots(lots, what, practice_ids)


def rows_of_lots(
    lots: sa.Select[int] | Collection[int],
    what: Meant,
    practice_ids: Collection[int] | None = None,
) -> list[Row]:
    """Return what became of ``lots``, and of what is on its way, as :func:`rows_of`."""
    found: dict[tuple[int, int, str], Row] = {}
    for move in db.session.execute(_moves(lots, practice_ids)):
        for clinic_id, kind, sign in (
            (move.from_clinic, move.from_kind, -1),
            (move.to_clinic, move.to_kind, 1),
        ):
            if kind not in OUTSIDE:
                _add(_row(found, move, clinic_id), move, kind, sign)
    for sent in db.session.execute(_on_the_road(what, practice_ids)):
        row = _row(found, sent, sent.clinic_id)
        row.in_transit += sent.quantity
    rows = [row for row in found.values() if row.says_something]
    return sorted(rows, key=lambda row: (row.practice_id, row.clinic_id, row.number, row.item_id))


def _row(found: dict[tuple[int, int, str], Row], of: AnyRow, clinic_id: int) -> Row:
    key = (clinic_id, of.item_id, normalise_lot(of.number))
    if key not in found:
        found[key] = Row(
            practice_id=of.practice_id,
            clinic_id=clinic_id,
            item_id=of.item_id,
            lot_id=of.lot_id,
            number=of.number,
        )
    return found[key]


def _add(row: Row, move: AnyRow, here: LocationKind, sign: int) -> None:
    """Add one end of moves to a clinic's row: its shelves or transit, and what became of it."""
    quantity = move.quantity * sign
    if here is LocationKind.SHELF:
        row.on_hand += quantity
    else:
        row.in_transit += quantity
    if move.from_clinic != move.to_clinic:
        row.received += quantity  # sister clinics: what one has less the other has more
        return
    there = move.from_kind if sign == 1 else move.to_kind
    if there in OUTSIDE:
        undoes = move.undone_kind is not None
        _became(row, there, move, quantity, came=(sign == 1) is not undoes)


def _became(row: Row, there: LocationKind, move: AnyRow, quantity: Decimal, *, came: bool) -> None:
    """Add what came from or went to the outside; what was undone is taken off where it was."""
    if there in (LocationKind.PATIENT, LocationKind.CUSTOMER):
        row.used -= quantity
    elif there is LocationKind.WASTE:
        if move.cause is WasteCause.RECALLED:
            row.destroyed -= quantity
        else:
            row.wasted -= quantity
    elif there is LocationKind.SUPPLIER and EntryKind.TRANSFER in (move.kind, move.undone_kind):
        row.returned -= quantity  # whatever of it comes back was received before
    elif came:
        row.received += quantity
    elif there is LocationKind.SUPPLIER:
        row.returned -= quantity
    else:
        row.wasted -= quantity


def _moves(
    lots: sa.Select[int] | Collection[int], practice_ids: Collection[int] | None
) -> sa.Select[*tuple[object, ...]]:
    """Return the select of the moves of lots, summed by all that says what they were."""
    start, end = sa.orm.aliased(Location), sa.orm.aliased(Location)
    undone = sa.orm.aliased(Entry)
    said = (
        Lot.practice_id,
        Lot.id.label("lot_id"),
        Lot.item_id,
        Lot.number,
        start.clinic_id.label("from_clinic"),
        start.kind.label("from_kind"),
        end.clinic_id.label("to_clinic"),
        end.kind.label("to_kind"),
        Entry.kind,
        undone.kind.label("undone_kind"),
        Move.cause,
    )
    query = (
        sa.select(*said, sa.func.sum(Move.quantity, type_=Quantity()).label("quantity"))
        .select_from(Lot)
        .join(Move, Move.lot_id == Lot.id)
        .join(Entry, Entry.id == Move.entry_id)
        .join(start, start.id == Move.from_location_id)
        .join(end, end.id == Move.to_location_id)
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(Lot.id.in_(lots))
        .group_by(*said)
    )
    return query if practice_ids is None else query.where(Lot.practice_id.in_(practice_ids))


def _on_the_road(
    what: Meant, practice_ids: Collection[int] | None
) -> sa.Select[*tuple[object, ...]]:
    """Return the select of packs sent by suppliers that nobody has said anything of yet."""
    left = ShipmentLine.packs - ShipmentLine.good - ShipmentLine.damaged - ShipmentLine.missing
    packs = sa.func.sum(left)
    per_pack = OrderLine.containers_per_pack * sa.type_coerce(
        OrderLine.content_per_container, sa.BigInteger
    )
    query = (
        sa.select(
            Clinic.practice_id,
            Clinic.id.label("clinic_id"),
            OrderLine.item_id,
            sa.null().label("lot_id"),
            sa.func.min(ShipmentLine.lot_number).label("number"),
            sa.type_coerce(packs * per_pack, Quantity()).label("quantity"),
        )
        .select_from(ShipmentLine)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .join(Clinic, Clinic.id == PurchaseOrder.clinic_id)
        .where(*sent_lines(what), Shipment.received_at.is_(None), left > 0)
        .group_by(
            Clinic.practice_id,
            Clinic.id,
            OrderLine.item_id,
            ShipmentLine.normalised,
            OrderLine.containers_per_pack,
            OrderLine.content_per_container,
        )
    )
    return query if practice_ids is None else query.where(Clinic.practice_id.in_(practice_ids))


def unaccounted_by_practice(rows: Iterable[Row]) -> dict[int, Decimal]:
    """Return what is still to be accounted for in each practice, across its lots."""
    found: dict[int, Decimal] = {}
    for row in rows:
        found[row.practice_id] = found.get(row.practice_id, ZERO) + row.unaccounted
    return found


def items_of(rows: Iterable[OfItem]) -> dict[int, Item]:
    """Return the items of rows, by id."""
    query = sa.select(Item).where(Item.id.in_({row.item_id for row in rows}))
    return {item.id: item for item in db.session.scalars(query)}
