"""Receiving goods without a shipment: by hand, or against an order that came by mail."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Product
from supply.db import db
from supply.inventory.rules import ShelfLife, shelf_life
from supply.items import services as items
from supply.items.models import Item, ItemProduct, Location
from supply.items.refusals import UnknownItemError
from supply.ordering.events import locked_order, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES
from supply.quantity import InvalidQuantityError, check
from supply.receiving.complaints import Complaint
from supply.receiving.receipts import Arrival, write_receipt
from supply.receiving.receiving import finish
from supply.receiving.terms import Arrived, ClaimKind, ClaimWish
from supply.refusals import InvalidInput
from supply.shipping.refusals import NotOnItsWay
from supply.shipping.terms import Condition

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """Goods of one lot, in ``packs`` or in a ``quantity`` of the item's base unit.

    ``sku`` is the practice's item code, or with an order also the supplier's SKU. ``location``
    is a place's name; None takes the first that fits. ``reason``: why an expired lot is taken.
    What ``arrived`` damaged or warm goes on hold.
    """

    sku: str
    lot: str
    expiry: dt.date | None
    packs: int | None = None
    quantity: Decimal | None = None
    location: str | None = None
    reason: str = ""
    arrived: Arrived = Arrived.WELL


def receive_goods(
    clinic: Clinic,
    lines: Sequence[GoodsLine],
    *,
    order: PurchaseOrder | None = None,
    reason: str = "",
    actor: Actor,
    now: dt.datetime,
) -> dict[str, Any]:
    """Take goods into ``clinic``; return ``{"entry": id}``.

    Against an ``order``, packs count as shipped and received at once, up to what no parcel
    carries yet; a lot below the promised shelf life, damaged or warm is held and claimed. Without
    one, packs are those of the item's preferred product, and what is wrong is held alone. Locks
    the order, if there is one.

    Raises:
        NotOnItsWay: the order is not open.
        InvalidInput: every fault by row (``lines.<n>.<field>``): unknown SKU or place, packs or
            quantity out of range or not whole, more than is outstanding, expired without a
            reason.
    """
    if not lines:
        raise InvalidInput(("lines", _("Say what arrived.")))
    places = _places(clinic, lines)
    if order is None:
        arrivals = _by_hand(clinic, lines, places, reason, now)
        receipt = write_receipt(clinic, arrivals, order=None, shipment=None, actor=actor, now=now)
        _audit(clinic, receipt.id, actor, now)
        return {"entry": receipt.entry_id}
    order = locked_order(order.id)
    if order.stage not in OPEN_STAGES:
        raise NotOnItsWay(order.number)
    arrivals = _of_order(order, lines, places, reason, now)
    receipt = write_receipt(clinic, arrivals, order=order, shipment=None, actor=actor, now=now)
    for arrival in arrivals:
        if arrival.order_line is not None and arrival.packs is not None:
            arrival.order_line.shipped += arrival.packs
            arrival.order_line.received += arrival.packs
    finish(order, "", receipt, arrivals, actor, now)
    return {"entry": receipt.entry_id}


def _audit(clinic: Clinic, receipt_id: int, actor: Actor, now: dt.datetime) -> None:
    audit.record(
        actor,
        "receipt.by_hand",
        ("receipt", receipt_id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
    )


def _places(clinic: Clinic, lines: Sequence[GoodsLine]) -> dict[str, int]:
    """Return the ids of the places that ``lines`` name; refuse names the clinic has not."""
    names = {line.location for line in lines if line.location}
    rows = db.session.execute(
        sa.select(Location.name, Location.id).where(
            Location.clinic_id == clinic.id, Location.name.in_(names)
        )
    )
    places = {row.name: row.id for row in rows}
    faults = [
        (f"lines.{number}.location", _row(number, _("This clinic has no such location.")))
        for number, line in enumerate(lines)
        if line.location and line.location not in places
    ]
    if faults:
        raise InvalidInput(*faults)
    return places


def _by_hand(
    clinic: Clinic,
    lines: Sequence[GoodsLine],
    places: Mapping[str, int],
    reason: str,
    now: dt.datetime,
) -> list[Arrival]:
    items = _items(clinic, lines, now)
    products = _preferred_products(items)
    faults: list[Fault] = []
    arrivals: list[Arrival] = []
    for number, (line, item) in enumerate(zip(lines, items, strict=True)):
        product = products.get(item.id)
        try:
            quantity = _quantity_by_hand(line, item, product)
        except InvalidQuantityError as error:
            faults.append((f"lines.{number}.quantity", _row(number, str(error))))
            continue
        arrivals.append(
            Arrival(
                item=item,
                lot=line.lot,
                expiry=line.expiry,
                quantity=quantity,
                packs=line.packs,
                location_id=places.get(line.location or ""),
                content=product.content_per_container if product and line.packs else None,
                product=product,
                held_for=_what_is_wrong(line.arrived),
                expired_reason=line.reason or reason or None,
                field=f"lines.{number}",
            )
        )
    if faults:
        raise InvalidInput(*faults)
    return arrivals


def _what_is_wrong(arrived: Arrived) -> str | None:
    match arrived:
        case Arrived.DAMAGED:
            return str(_("Arrived damaged."))
        case Arrived.WARM:
            return str(_("Arrived warm."))
        case _:
            return None


def _items(clinic: Clinic, lines: Sequence[GoodsLine], now: dt.datetime) -> list[Item]:
    found: list[Item] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines):
        try:
            found.append(items.item_for_code(clinic.practice_id, line.sku, now=now))
        except UnknownItemError as error:
            faults.append((f"lines.{number}.sku", _row(number, str(error))))
    if faults:
        raise InvalidInput(*faults)
    return found


def _preferred_products(items: Sequence[Item]) -> dict[int, Product]:
    """Return by item id the product it is bought as: the preferred one, else the first."""
    rows = db.session.execute(
        sa.select(ItemProduct.item_id, Product)
        .join(Product, Product.id == ItemProduct.product_id)
        .where(ItemProduct.item_id.in_({item.id for item in items}))
        .order_by(ItemProduct.preferred, Product.id.desc())
    )
    return {row.item_id: row.Product for row in rows}


def _quantity_by_hand(line: GoodsLine, item: Item, product: Product | None) -> Decimal:
    """Return the quantity of a line in its item's base unit; the ledger checks whole containers.

    Raises:
        InvalidQuantityError: neither or both are given, out of range, or packs of no product.
    """
    if (line.packs is None) == (line.quantity is None):
        raise InvalidQuantityError(str(_("Give either packs or a quantity.")))
    if line.quantity is not None:
        return check(line.quantity, item.unit)
    packs = _whole_packs(line.packs)
    if product is None:
        raise InvalidQuantityError(str(_("This item has no pack: give a quantity.")))
    return product.pack_quantity * packs


def _whole_packs(packs: int | None) -> int:
    if packs is None or not 1 <= packs <= MOST_PACKS:
        raise InvalidQuantityError(str(_("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)))
    return packs


def _of_order(
    order: PurchaseOrder,
    lines: Sequence[GoodsLine],
    places: Mapping[str, int],
    reason: str,
    now: dt.datetime,
) -> list[Arrival]:
    today = today_at(order, now)
    taken: dict[int, int] = defaultdict(int)
    faults: list[Fault] = []
    arrivals: list[Arrival] = []
    for number, line in enumerate(lines):
        ordered = _line_for(order, line.sku)
        if ordered is None:
            sentence = _("%(sku)s is not on this order.", sku=line.sku)
            faults.append((f"lines.{number}.sku", _row(number, sentence)))
            continue
        try:
            packs = _packs_of_order(line, ordered, taken[ordered.id])
        except InvalidQuantityError as error:
            faults.append((f"lines.{number}.packs", _row(number, str(error))))
            continue
        taken[ordered.id] += packs
        place = places.get(line.location or "")
        arrivals.append(_ordered_arrival(line, ordered, packs, place, reason, today, number))
    if faults:
        raise InvalidInput(*faults)
    return arrivals


def _line_for(order: PurchaseOrder, sku: str) -> OrderLine | None:
    """Return the order's line by the practice's item code, else by the supplier's SKU."""
    by_item = [line for line in order.lines if line.item.code == sku]
    by_sku = [line for line in order.lines if line.sku == sku]
    both = [line for line in by_item if line in by_sku]
    return next(iter([*both, *by_item, *by_sku]), None)


def _packs_of_order(line: GoodsLine, ordered: OrderLine, taken: int) -> int:
    """Return how many packs of an order's line came.

    Raises:
        InvalidQuantityError: not whole packs, or more than no parcel carries yet.
    """
    packs = line.packs
    if (packs is None) == (line.quantity is None):
        raise InvalidQuantityError(str(_("Give either packs or a quantity.")))
    if line.quantity is not None:
        quantity = check(line.quantity, ordered.item.unit)
        if quantity % ordered.pack_quantity:
            raise InvalidQuantityError(str(_("This product comes in whole packs only.")))
        packs = int(quantity / ordered.pack_quantity)
    packs = _whole_packs(packs)
    left = ordered.to_ship - taken
    if packs <= left:
        return packs
    if ordered.shipped > ordered.received:
        raise InvalidQuantityError(
            str(_("These packs are in a shipment on its way: receive the shipment instead."))
        )
    raise InvalidQuantityError(
        ngettext(
            "Only %(num)d pack is still to come.", "Only %(num)d packs are still to come.", left
        )
    )


def _ordered_arrival(
    line: GoodsLine,
    ordered: OrderLine,
    packs: int,
    place: int | None,
    reason: str,
    today: dt.date,
    number: int,
) -> Arrival:
    promised = ordered.product.minimum_remaining_days
    short = shelf_life(line.expiry, promised, today) is ShelfLife.SHORT
    wrong = _what_is_wrong(line.arrived)
    claim = _short_dated(promised) if short else None
    if wrong:
        note = f"{wrong} {claim.note}" if claim else wrong
        claim = Complaint(ClaimKind.DAMAGED, note, ClaimWish.CREDIT)
    return Arrival(
        item=ordered.item,
        lot=line.lot,
        expiry=line.expiry,
        quantity=ordered.pack_quantity * packs,
        packs=packs,
        order_line=ordered,
        location_id=place,
        content=ordered.content_per_container,
        product=ordered.product,
        condition=Condition.DAMAGED if wrong else Condition.GOOD,
        claim=claim,
        expired_reason=line.reason or reason or None,
        field=f"lines.{number}",
    )


def _short_dated(promised: int | None) -> Complaint:
    note = ngettext(
        "Below the promised %(num)d day.", "Below the promised %(num)d days.", promised or 0
    )
    return Complaint(ClaimKind.SHORT_DATED, note, ClaimWish.CREDIT)


def _row(number: int, sentence: str) -> str:
    return str(_("Row %(row)d: %(sentence)s", row=number + 1, sentence=sentence))
