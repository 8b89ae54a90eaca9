"""Who got lot X: from the supplier's shipments over the shelves to the sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic, Supplier
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import offered_to
from supply.catalogue.same import same_products
from supply.db import db
from supply.inventory.models import Balance, Entry, Lot, Move
from supply.inventory.rules import lot_likeness, normalise_lot
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item, ItemProduct, Location
from supply.items.terms import LocationKind
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import ZERO, as_text
from supply.refusals import InvalidInput
from supply.shipping.models import Shipment, ShipmentLine
from supply.transfers.models import Transfer, TransferLine
from supply.treatments.models import TreatmentSession
from supply.treatments.session_queries import overrides_of
from supply.treatments.terms import SESSION_SOURCE

_MOST_ALIKE = 20
"""Lots listed at most that look like the one asked for."""


@dataclass(frozen=True, slots=True)
class TracedLot:
    """A practice's lot that matched."""

    id: int
    item_id: int
    sku: str
    name: str
    unit: str
    number: str
    expiry: dt.date | None

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {
            "sku": self.sku,
            "name": self.name,
            "lot": self.number,
            "expiry": self.expiry.isoformat() if self.expiry else None,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class OnHand:
    """What of the lot is in one place, sealed and open together."""

    clinic: Clinic
    location: str
    lot_id: int
    quantity: Decimal

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {
            "clinic": self.clinic.code,
            "location": self.location,
            "quantity": as_text(self.quantity),
        }


@dataclass(frozen=True, slots=True)
class TracedSession:
    """A session that gave some of the lot; ``quantity`` went to the patient."""

    clinic: Clinic
    session_id: int
    patient_reference: str
    occurred_at: dt.datetime
    lot_id: int
    quantity: Decimal
    overrides: tuple[tuple[str, str], ...] = ()
    """What was warned of when it was recorded, and the reason given to go on."""

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {
            "clinic": self.clinic.code,
            "session": self.session_id,
            "patient_ref": self.patient_reference,
            "occurred_at": self.occurred_at.isoformat(),
            "quantity": as_text(self.quantity),
            "overrides": [
                {"message": message, "reason": reason} for message, reason in self.overrides
            ],
        }


@dataclass(frozen=True, slots=True)
class TracedShipment:
    """Packs of the lot in a shipment; ``received`` is None while it is on its way."""

    clinic: Clinic
    shipment_id: int
    order_id: int
    code: str
    supplier: str
    sku: str
    shipped_at: dt.datetime
    received_at: dt.datetime | None
    packs: int

    def as_json(self) -> dict[str, Any]:
        """Return it as programs get it."""
        return {
            "clinic": self.clinic.code,
            "shipment": self.code,
            "supplier": self.supplier,
            "sku": self.sku,
            "packs": self.packs,
            "shipped_at": self.shipped_at.isoformat(),
            "received_at": self.received_at.isoformat() if self.received_at else None,
        }


@dataclass(frozen=True, slots=True)
class TracedTransfer:
    """Some of the lot sent from one clinic to another; ``in_transit`` is still on its way."""

    transfer_id: int
    code: str
    sender: Clinic
    receiver: Clinic
    sent_at: dt.datetime
    lot_id: int
    sent: Decimal
    in_transit: Decimal


@dataclass(slots=True)
class Trace:
    """Everything known of a lot within the clinics that were asked about."""

    lots: list[TracedLot] = field(default_factory=list)
    shipments: list[TracedShipment] = field(default_factory=list)
    transfers: list[TracedTransfer] = field(default_factory=list)
    on_hand: list[OnHand] = field(default_factory=list)
    sessions: list[TracedSession] = field(default_factory=list)
    untold: list[TracedSession] = field(default_factory=list)
    """Sessions whose patient references are not for who asks: added up, and never shown."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing matched."""
        return not self.lots and not self.shipments

    def unit_of(self, lot_id: int) -> str:
        """Return the unit that a lot is measured in: two items may measure one product."""
        return next(lot.unit for lot in self.lots if lot.id == lot_id)

    @property
    def unit(self) -> str | None:
        """The unit of all the lots; None where they have several, and nothing adds up."""
        units = {lot.unit for lot in self.lots}
        return units.pop() if len(units) == 1 else None

    @property
    def total_on_hand(self) -> Decimal:
        """What is still there, in the base unit."""
        return sum((row.quantity for row in self.on_hand), ZERO)

    @property
    def total_given(self) -> Decimal:
        """What went to patients, in the base unit."""
        return sum((row.quantity for row in (*self.sessions, *self.untold)), ZERO)

    @property
    def session_count(self) -> int:
        """How many sessions got some, shown or not."""
        return len(self.sessions) + len(self.untold)

    def as_json(self) -> dict[str, Any]:
        """Return the answer that programs get."""
        parts: dict[str, Sequence[TracedLot | OnHand | TracedSession | TracedShipment]] = {
            "lots": self.lots,
            "on_hand": self.on_hand,
            "sessions": self.sessions,
            "shipments": self.shipments,
        }
        return {name: [row.as_json() for row in rows] for name, rows in parts.items()}


def trace(
    clinics: Sequence[Clinic],
    *,
    lot: str,
    gtin: str | None = None,
    sku: str | None = None,
    traced: Collection[int] | None = None,
) -> Trace:
    """Return where lot ``lot`` of a product came from, is, and went, within ``clinics``.

    The product is named by a GTIN of any of its pack levels or by an item's code. Lots of
    other practices' items match where the product is the same by GTIN, or by manufacturer and
    name, and the number is the same but for case and width. Sessions that were undone do not
    count; those at other clinics than ``traced`` (None: at all of them) are not told one by one.

    Raises:
        InvalidInput: no lot, or neither ``gtin`` nor ``sku``.
    """
    number = normalise_lot(lot)
    if not number:
        raise InvalidInput(("lot", _("Give the lot number.")))
    if not gtin and not sku:
        raise InvalidInput(("sku", _("Give the GTIN or the code: a lot number alone says little.")))
    practices = {clinic.practice_id for clinic in clinics}
    products, items = _what(practices, gtin, sku)
    found = Trace()
    found.lots = _lots(practices, number, products, items)
    by_id = {clinic.id: clinic for clinic in clinics}
    lot_ids = [matched.id for matched in found.lots]
    found.on_hand = on_hand_of(by_id, lot_ids)
    for session in _sessions(by_id, lot_ids):
        told = traced is None or session.clinic.id in traced
        (found.sessions if told else found.untold).append(session)
    found.shipments = _shipments(by_id, number, products, items)
    found.transfers = _transfers(by_id, lot_ids)
    return found


def lots_numbered(clinics: Sequence[Clinic], lot: str) -> list[TracedLot]:
    """Return the lots with this number in the practices of ``clinics``, to choose from."""
    practices = {clinic.practice_id for clinic in clinics}
    statement = _lot_statement(practices, normalise_lot(lot))
    return [TracedLot(*row) for row in db.session.execute(statement)]


def lots_alike(clinics: Sequence[Clinic], lot: str) -> list[TracedLot]:
    """Return lots whose number is another but looks like ``lot``: dashes, 0 for O, 1 for I."""
    alike = lot_likeness(lot)
    if not alike:
        return []
    practices = {clinic.practice_id for clinic in clinics}
    statement = _lots_where(
        Lot.practice_id.in_(practices),
        Lot.likeness == alike,
        Lot.normalised != normalise_lot(lot),
    )
    return [TracedLot(*row) for row in db.session.execute(statement.limit(_MOST_ALIKE))]


def _what(
    practices: Collection[int], gtin: str | None, sku: str | None
) -> tuple[set[int], set[int]]:
    """Return (products, items) that are meant; products spread to all that are the same."""
    products: set[int] = set()
    items: set[int] = set()
    if gtin:
        products = set(
            db.session.scalars(
                sa.select(ProductGtin.product_id)
                .join(Product, Product.id == ProductGtin.product_id)
                .where(ProductGtin.gtin == gtin.zfill(14), offered_to(*practices))
            )
        )
    if sku:
        items = set(
            db.session.scalars(
                sa.select(Item.id).where(Item.practice_id.in_(practices), Item.code == sku)
            )
        )
        products |= set(
            db.session.scalars(
                sa.select(ItemProduct.product_id).where(ItemProduct.item_id.in_(items))
            )
        )
    # What another practice says of its own suppliers' products joins nothing here.
    products = same_products(products, offered_to(*practices))
    items |= set(
        db.session.scalars(
            sa.select(ItemProduct.item_id)
            .join(Item, Item.id == ItemProduct.item_id)
            .where(Item.practice_id.in_(practices), ItemProduct.product_id.in_(products))
        )
    )
    return products, items


def _lots(
    practices: Collection[int], number: str, products: Collection[int], items: Collection[int]
) -> list[TracedLot]:
    gtins = sa.select(ProductGtin.gtin).where(ProductGtin.product_id.in_(products))
    statement = _lot_statement(practices, number).where(
        sa.or_(Lot.item_id.in_(items), Lot.product_id.in_(products), Lot.gtin.in_(gtins))
    )
    return [TracedLot(*row) for row in db.session.execute(statement)]


def _lot_statement(practices: Collection[int], number: str) -> sa.Select[*tuple[Any, ...]]:
    return _lots_where(Lot.practice_id.in_(practices), Lot.normalised == number)


def _lots_where(*which: sa.ColumnElement[bool]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Lot.id, Item.id, Item.code, Item.name, Item.unit, Lot.number, Lot.expiry)
        .join(Item, Item.id == Lot.item_id)
        .where(*which)
        .order_by(Lot.id)
    )


def on_hand_of(clinics: dict[int, Clinic], lot_ids: Collection[int]) -> list[OnHand]:
    """Return where the rest of the lots is within ``clinics``."""
    rows = db.session.execute(
        sa.select(Balance.clinic_id, Location.name, Balance.lot_id, sa.func.sum(Balance.quantity))
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.lot_id.in_(lot_ids),
            Balance.clinic_id.in_(clinics),
            Balance.quantity > sa.literal_column("0"),
        )
        .group_by(Balance.clinic_id, Location.id, Location.name, Balance.lot_id)
        .order_by(Balance.clinic_id, Location.id, Balance.lot_id)
    )
    return [OnHand(clinics[row[0]], row[1], row[2], row[3]) for row in rows]


def _sessions(clinics: dict[int, Clinic], lot_ids: Collection[int]) -> list[TracedSession]:
    rows = db.session.execute(
        sa.select(
            Entry.clinic_id,
            TreatmentSession.id,
            TreatmentSession.patient_reference,
            Entry.occurred_at,
            Move.lot_id,
            sa.func.sum(Move.quantity),
        )
        .select_from(Move)
        .join(Entry, Entry.id == Move.entry_id)
        .join(Location, Location.id == Move.to_location_id)
        .join(TreatmentSession, TreatmentSession.id == Entry.source_id)
        .where(
            Move.lot_id.in_(lot_ids),
            Entry.clinic_id.in_(clinics),
            Entry.kind == EntryKind.SESSION,
            Entry.source_type == SESSION_SOURCE,
            Location.kind == LocationKind.PATIENT,
            not_undone(Entry.id),
        )
        .group_by(
            Entry.clinic_id,
            TreatmentSession.id,
            TreatmentSession.patient_reference,
            Entry.occurred_at,
            Move.lot_id,
        )
        .order_by(Entry.occurred_at, TreatmentSession.id)
    ).all()
    given = overrides_of([row[1] for row in rows])
    return [
        TracedSession(clinics[row[0]], *row[1:], overrides=given.get(row[1], ())) for row in rows
    ]


def _transfers(clinics: dict[int, Clinic], lot_ids: Collection[int]) -> list[TracedTransfer]:
    """Return what of the lots was sent between ``clinics``, oldest first."""
    rows = db.session.execute(
        sa.select(Transfer, TransferLine)
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .where(
            TransferLine.lot_id.in_(lot_ids),
            Transfer.clinic_id.in_(clinics),
            Transfer.to_clinic_id.in_(clinics),
            Transfer.clinic_id != Transfer.to_clinic_id,
        )
        .order_by(Transfer.sent_at, Transfer.id, TransferLine.id)
    )
    return [
        TracedTransfer(
            one.id,
            one.code,
            clinics[one.clinic_id],
            clinics[one.to_clinic_id],
            one.sent_at,
            line.lot_id,
            line.sent,
            line.in_transit,
        )
        for one, line in rows
    ]


def _shipments(
    clinics: dict[int, Clinic],
    number: str,
    products: Collection[int],
    items: Collection[int],
) -> list[TracedShipment]:
    meant = sa.or_(OrderLine.product_id.in_(products), OrderLine.item_id.in_(items))
    return shipments_where(clinics, ShipmentLine.normalised == number, meant)


def shipments_where(
    clinics: dict[int, Clinic], *which: sa.ColumnElement[bool]
) -> list[TracedShipment]:
    """Return the shipments to ``clinics`` with lines for which ``which`` is true."""
    rows = db.session.execute(
        sa.select(
            PurchaseOrder.clinic_id,
            Shipment.id,
            PurchaseOrder.id,
            Shipment.code,
            Supplier.name,
            OrderLine.sku,
            Shipment.shipped_at,
            Shipment.received_at,
            sa.func.sum(ShipmentLine.packs),
        )
        .select_from(ShipmentLine)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(
            PurchaseOrder.clinic_id.in_(clinics),
            *which,
        )
        .group_by(
            PurchaseOrder.clinic_id,
            Shipment.id,
            PurchaseOrder.id,
            Shipment.code,
            Supplier.name,
            OrderLine.sku,
            Shipment.shipped_at,
            Shipment.received_at,
        )
        .order_by(Shipment.shipped_at, Shipment.id)
    )
    return [TracedShipment(clinics[row[0]], *row[1:8], int(row[8])) for row in rows]
