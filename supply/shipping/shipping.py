"""The supplier's side: parcels leave with lots and expiries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.actor import Actor
from supply.audit import services as audit
from supply.codes import unused_code
from supply.db import db
from supply.depot.leaving import Counter, counter_of, put_back
from supply.inventory.rules import ShelfLife, is_too_long, normalise_lot, shelf_life
from supply.ordering.billing import Cause, Occasion, bill
from supply.ordering.events import locked_order, note, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES, EventKind, Stage
from supply.refusals import InvalidInput
from supply.shipping import mail, shipped_stock
from supply.shipping.models import Shipment, ShipmentLine, Tracking
from supply.shipping.parcels import locked_shipment
from supply.shipping.refusals import NotOnItsWay, PartlyReceived
from supply.shipping.ship_lines import ShipLine
from supply.shipping.stops import stopped
from supply.shipping.terms import CODE_LENGTH, PREFIX

LONGEST_CARRIER = 100
MOST_PARCELS = 50

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Who carries a parcel of a shipment, and the number it is followed by there."""

    carrier: str = ""
    number: str = ""


def ship(
    order_id: int,
    lines: Sequence[ShipLine],
    *,
    parcels: Sequence[Parcel] = (),
    actor: Actor,
    now: dt.datetime,
) -> Shipment:
    """Send a parcel of an open order: part of it or all, several lots to a line.

    An order not yet acknowledged is acknowledged by sending. The clinic gets a mail with the
    shipment's code. Where the supplier keeps its stock here the packs leave its depot. Locks the
    order, so that two people cannot send the same packs twice, then the depot's balances.

    Raises:
        NotOnItsWay: not placed, or ended.
        InvalidInput: every fault by row (``lines.<n>.<field>``): unknown line, no lot, packs
            out of range or more than is left to ship, expired or below the promised shelf life;
            a lot that is not in the supplier's stock, or too few packs of it.
    """
    order = locked_order(order_id)
    if order.stage not in OPEN_STAGES:
        raise NotOnItsWay(order.number)
    found = _matched(order, lines)
    named = [(line.product_id, row.lot) for row, line in zip(lines, found, strict=True)]
    counter = counter_of(order.supplier, named, now)
    lines = _checked(order, lines, found, counter, now)
    shipment = _new_shipment(order, lines, found, actor, now)
    add_parcels(shipment, parcels)
    if order.stage is Stage.PLACED:
        _acknowledge_by_sending(order, now)
    db.session.flush()
    if counter is not None:
        counter.draw(shipment.id, shipment.code, actor=actor, now=now)
    facts = {"packs": {line.sku: line.shipped for line in order.lines}}
    note(order, EventKind.SHIPPED, shipment.code, actor=actor, now=now, facts=facts)
    mail.tell_clinic_of_shipment(shipment, now)
    bill(order, Cause(Occasion.SHIPPED, shipment_id=shipment.id), actor=actor, now=now)
    return shipment


def add_parcels(shipment: Shipment, parcels: Sequence[Parcel]) -> list[Tracking]:
    """Note who carries a shipment's parcels; empty ones and those noted before are left out."""
    known = {(one.carrier, one.number) for one in shipment.trackings}
    said = {
        (parcel.carrier.strip()[:LONGEST_CARRIER], parcel.number.strip()[:LONGEST_CARRIER]): None
        for parcel in parcels
    }
    new = [Tracking(carrier=c, number=n) for c, n in said if (c or n) and (c, n) not in known]
    shipment.trackings.extend(new)
    return new


def track(
    shipment_id: int, parcels: Sequence[Parcel], *, actor: Actor, now: dt.datetime
) -> Shipment:
    """Note numbers that came after a shipment left; the clinic sees them on its page.

    Said again they change nothing. Locks the shipment.

    Raises:
        NoLongerSent: taken back.
        InvalidInput: nothing said, or more than a shipment has parcels.
    """
    shipment = locked_shipment(shipment_id)
    if not any(one.carrier.strip() or one.number.strip() for one in parcels):
        raise InvalidInput(("tracking", _("Give a carrier or a tracking number.")))
    added = add_parcels(shipment, parcels)
    if len(shipment.trackings) > MOST_PARCELS:
        message = _("A shipment has at most %(most)d tracking numbers.", most=MOST_PARCELS)
        raise InvalidInput(("tracking", message))
    db.session.flush()
    if added:
        audit.record(
            actor,
            "shipment.tracked",
            ("shipment", shipment.id),
            now,
            practice_id=shipment.order.clinic.practice_id,
            clinic_id=shipment.order.clinic_id,
            supplier_id=shipment.order.supplier_id,
            after={"parcels": [[one.carrier, one.number] for one in added]},
        )
    return shipment


def take_back(shipment_id: int, *, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Undo a shipment before anything of it is received; its packs are to ship again.

    What it drew from the supplier's depot is put back. The clinic gets a mail. An order
    acknowledged by sending stays acknowledged. Locks the shipment, the order, then the depot's
    balances.

    Raises:
        NoLongerSent: taken back before.
        PartlyReceived: the clinic has said something of it.
    """
    shipment = locked_shipment(shipment_id)
    order = locked_order(shipment.order_id)
    if any(line.unaccounted != line.packs for line in shipment.lines):
        raise PartlyReceived(shipment.code)
    by_id = {line.id: line for line in order.lines}
    packs: dict[str, int] = defaultdict(int)
    for row in shipment.lines:
        by_id[row.order_line_id].shipped -= row.packs
        packs[by_id[row.order_line_id].sku] += row.packs
        db.session.delete(row)
    db.session.flush()
    put_back(shipment.id, shipment.code, actor=actor, now=now)
    db.session.delete(shipment)
    db.session.flush()
    facts = {"packs": dict(packs)}
    note(order, EventKind.SHIPMENT_UNDONE, shipment.code, actor=actor, now=now, facts=facts)
    mail.tell_clinic_of_no_shipment(order, shipment.code, now)
    bill(order, Cause(Occasion.TAKEN_BACK, shipment_id=shipment_id), actor=actor, now=now)
    return order


def _matched(order: PurchaseOrder, lines: Sequence[ShipLine]) -> list[OrderLine]:
    """Return the order line of each row; refuse strangers and more than is left to ship."""
    if not lines:
        raise InvalidInput(("lines", _("Say what is in the parcel.")))
    by_id = {line.id: line for line in order.lines}
    by_sku = {line.sku: line for line in order.lines}
    faults: list[Fault] = []
    found: list[OrderLine] = []
    packed: dict[int, int] = defaultdict(int)
    for number, row in enumerate(lines):
        line = by_id.get(row.order_line_id or 0) or by_sku.get(row.sku or "")
        if line is None:
            sentence = _("Product %(sku)s is not on this order.", sku=row.sku or "")
            faults.append((f"lines.{number}.sku", sentence))
            continue
        found.append(line)
        packed[line.id] += row.packs
        if fault := _packs_fault(line, row.packs, packed[line.id]):
            faults.append((f"lines.{number}.packs", fault))
    if faults:
        raise InvalidInput(*faults)
    return found


def _packs_fault(line: OrderLine, packs: int, packed: int) -> str | None:
    if not 1 <= packs <= MOST_PACKS:
        return str(_("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS))
    if packed > line.to_ship:
        return str(
            ngettext(
                "%(name)s: only %(num)d pack is left to ship.",
                "%(name)s: only %(num)d packs are left to ship.",
                line.to_ship,
                name=line.name,
            )
        )
    return None


def _checked(
    order: PurchaseOrder,
    lines: Sequence[ShipLine],
    found: Sequence[OrderLine],
    counter: Counter | None,
    now: dt.datetime,
) -> Sequence[ShipLine]:
    """Return ``lines`` with each lot as it is known; set aside what leaves the depot.

    Refuses labels at fault, and what the depot has not.
    """
    lines, faults = shipped_stock.labelled(lines, found, counter)
    faults += _label_faults(order, lines, found, now)
    if counter is not None:
        faults += shipped_stock.set_aside(counter, lines, found, faults)
    if faults:
        raise InvalidInput(*faults)
    return lines


def _label_faults(
    order: PurchaseOrder, lines: Sequence[ShipLine], found: Sequence[OrderLine], now: dt.datetime
) -> list[Fault]:
    """Say which rows have no lot, and which lots have not long enough to live.

    Days are counted on the clinic's calendar, where the lot is to be used.
    """
    today = today_at(order, now)
    faults: list[Fault] = []
    pairs = [
        (line.product_id, normalise_lot(row.lot)) for row, line in zip(lines, found, strict=True)
    ]
    recalled = stopped(pairs)
    for number, (row, line) in enumerate(zip(lines, found, strict=True)):
        if pairs[number] in recalled:
            faults.append((f"lines.{number}.lot", f"{line.name}: {recalled[pairs[number]]}"))
        if not normalise_lot(row.lot):
            faults.append((f"lines.{number}.lot", _("Give the lot number.")))
        elif is_too_long(row.lot):
            faults.append((f"lines.{number}.lot", _("A lot number has at most 80 characters.")))
        if fault := _expiry_fault(row.expiry, line, today):
            faults.append((f"lines.{number}.expiry", fault))
    return faults


def _expiry_fault(expiry: dt.date | None, line: OrderLine, today: dt.date) -> str | None:
    promised = line.product.minimum_remaining_days
    match shelf_life(expiry, promised, today):
        case ShelfLife.EXPIRED:
            return str(_("%(name)s: this lot has expired.", name=line.name))
        case ShelfLife.SHORT:
            return str(
                ngettext(
                    "%(name)s: at least %(num)d day of shelf life is promised."
                    " Send a lot that expires later.",
                    "%(name)s: at least %(num)d days of shelf life are promised."
                    " Send a lot that expires later.",
                    promised or 0,
                    name=line.name,
                )
            )
        case ShelfLife.FINE:
            return None


def _new_shipment(
    order: PurchaseOrder,
    lines: Sequence[ShipLine],
    found: Sequence[OrderLine],
    actor: Actor,
    now: dt.datetime,
) -> Shipment:
    shipment = Shipment(
        code=unused_code(PREFIX, (CODE_LENGTH,), Shipment.code),
        order=order,
        shipped_at=now,
        shipped_by_id=actor.person_id,
    )
    for (lot, expiry, line), packs in _together(lines, found).items():
        shipment.lines.append(
            ShipmentLine(
                order_line=line,
                lot_number=lot.strip(),
                normalised=normalise_lot(lot),
                expiry=expiry,
                packs=packs,
            )
        )
        line.shipped += packs
    db.session.add(shipment)
    return shipment


def _together(
    lines: Sequence[ShipLine], found: Sequence[OrderLine]
) -> Mapping[tuple[str, dt.date | None, OrderLine], int]:
    """Return the packs by lot, expiry and order line: one row each, however they were typed."""
    packs: dict[tuple[str, dt.date | None, OrderLine], int] = defaultdict(int)
    for row, line in zip(lines, found, strict=True):
        packs[(row.lot.strip(), row.expiry, line)] += row.packs
    return packs


def _acknowledge_by_sending(order: PurchaseOrder, now: dt.datetime) -> None:
    order.stage = Stage.ACKNOWLEDGED
    order.acknowledged_at = now
    for line in order.lines:
        line.confirmed = line.packs - line.cancelled
