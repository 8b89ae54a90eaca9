"""Saying what was counted: lines of an open count, saved as people go."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.counting.models import Count, CountLine
from supply.counting.queries import locked_open
from supply.db import db
from supply.inventory import rules, taking_in
from supply.inventory.lookalikes import no_such_lot
from supply.inventory.models import Lot
from supply.items.models import Item, Location
from supply.items.refusals import UnknownItemError
from supply.items.services import item_for_code
from supply.items.terms import LocationKind
from supply.quantity import InvalidQuantityError, as_text, check
from supply.refusals import InvalidInput
from supply.text import fold

Rests = Mapping[int, Decimal]
"""What is left in open containers, by id; 0 is one that nobody recorded as open."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of a lot in a location, sealed and open together, in the base unit.

    ``expiry`` is asked of a lot that is new to the practice; ``expiry_said`` tells an undated lot
    from one of which nobody said. ``at`` is when it was counted, where that was not just now: a
    phone may have been without a network. ``field`` is what a refusal calls this line ("lines.0").
    """

    sku: str
    lot: str
    location: str
    quantity: Decimal
    rests: Rests | None = None
    expiry: dt.date | None = None
    expiry_said: bool = False
    at: dt.datetime | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class _Resolved:
    """A line with the rows that it names."""

    said: Counted
    item: Item
    location_id: int
    quantity: Decimal
    lot: Lot | None


def say(
    count_id: int, lines: Sequence[Counted], *, actor: Actor, now: dt.datetime
) -> Sequence[CountLine]:
    """Keep what was counted at ``now``; a line again replaces what was said of it.

    One that says when it was counted is taken at its word, back to the beginning of the count; what
    was counted later stays.

    A lot that is not on the list is added. Locks the count: who posts it has all lines or waits.

    Raises:
        CountEnded: the count is not open any more.
        InvalidInput: naming each line at fault.
    """
    count = locked_open(count_id)
    resolved = _resolved(count.clinic, lines, now)
    there = _there(count)
    written = [_write(count, there, one, actor, now) for one in resolved]
    db.session.flush()
    audit.record(
        actor,
        "count.counted",
        ("count", count.id),
        now,
        clinic_id=count.clinic_id,
        after={"lines": {str(line.id): as_text(line.counted or Decimal(0)) for line in written}},
    )
    return written


def _there(count: Count) -> dict[tuple[int, int], CountLine]:
    rows = db.session.scalars(
        sa.select(CountLine)
        .where(CountLine.count_id == count.id)
        .execution_options(populate_existing=True)
    )
    return {(line.location_id, line.lot_id): line for line in rows}


def _write(
    count: Count,
    there: dict[tuple[int, int], CountLine],
    one: _Resolved,
    actor: Actor,
    now: dt.datetime,
) -> CountLine:
    lot = one.lot or _new_lot(count.clinic, one, now)
    line = there.get((one.location_id, lot.id))
    if line is None:
        line = CountLine(
            count_id=count.id, location_id=one.location_id, item_id=one.item.id, lot_id=lot.id
        )
        db.session.add(line)
        there[one.location_id, lot.id] = line
    at = min(max(one.said.at or now, count.begun_at), now)
    if line.counted_at is not None and at < line.counted_at:
        return line
    line.again = bool(line.again) and line.counted_by_id == actor.person_id
    line.before, line.before_by_id = line.counted, line.counted_by_id
    line.counted, line.counted_at, line.counted_by_id = one.quantity, at, actor.person_id
    rests = one.said.rests
    line.rests = None if rests is None else {str(k): as_text(rest) for k, rest in rests.items()}
    return line


def _new_lot(clinic: Clinic, one: _Resolved, now: dt.datetime) -> Lot:
    """Return a lot that nobody knew of, made; a line before this one may have made it."""
    [lot] = taking_in.lots_of(clinic, [_incoming(one)], now)
    return lot


def _incoming(one: _Resolved) -> taking_in.Incoming:
    return taking_in.Incoming(
        item=one.item,
        lot_number=one.said.lot,
        expiry=one.said.expiry,
        quantity=one.quantity,
    )


def _resolved(clinic: Clinic, lines: Sequence[Counted], now: dt.datetime) -> list[_Resolved]:
    """Return what ``lines`` name; raises InvalidInput with every fault."""
    known = _Known.of(clinic, lines)
    found, faults = [], []
    for line in lines:
        try:
            found.append(_one(known, line, now))
        except InvalidInput as error:
            faults += error.errors
    if faults:
        raise InvalidInput(*faults)
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What there is of that which lines name: places by folded name, items by code, lots."""

    practice_id: int
    places: Mapping[str, int]
    items: dict[str, Item]
    lots: Mapping[tuple[int, str], Lot]

    @classmethod
    def of(cls, clinic: Clinic, lines: Sequence[Counted]) -> _Known:
        codes = {line.sku for line in lines}
        mine = sa.and_(Item.practice_id == clinic.practice_id, Item.code.in_(codes))
        items = {item.code: item for item in db.session.scalars(sa.select(Item).where(mine))}
        numbers = {rules.normalise_lot(line.lot) for line in lines}
        lots = db.session.scalars(
            sa.select(Lot).where(
                Lot.normalised.in_(numbers), Lot.item_id.in_([item.id for item in items.values()])
            )
        )
        known = {(lot.item_id, lot.normalised): lot for lot in lots}
        return cls(clinic.practice_id, _places(clinic.id), items, known)

    def item(self, code: str, now: dt.datetime) -> Item:
        """Return the item of that code, made from what is sold under it if need be."""
        if code not in self.items:
            self.items[code] = item_for_code(self.practice_id, code, now=now)
        return self.items[code]


def _places(clinic_id: int) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(Location.name_key, Location.id).where(
            Location.clinic_id == clinic_id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
    )
    return {row.name_key: row.id for row in rows}


def _one(known: _Known, line: Counted, now: dt.datetime) -> _Resolved:
    place = known.places.get(fold(line.location))
    if place is None:
        message = _("This clinic has no such location.")
        raise InvalidInput((f"{line.field}.location", message))
    try:
        item = known.item(line.sku, now)
        quantity = check(line.quantity, item.unit, allow_zero=True)
    except UnknownItemError as error:
        raise InvalidInput((f"{line.field}.sku", str(error))) from error
    except InvalidQuantityError as error:
        raise InvalidInput((f"{line.field}.quantity", str(error))) from error
    lot = _known_lot(known, item, line)
    _check_rests(line, quantity, lot.content_per_container if lot else item.content_per_container)
    return _Resolved(line, item, place, quantity, lot)


def _known_lot(known: _Known, item: Item, line: Counted) -> Lot | None:
    """Return the lot that a line names; None for one that is new and of which enough is said."""
    number = rules.normalise_lot(line.lot)
    lot = known.lots.get((item.id, number))
    if lot is not None:
        return _agreeing(lot, line)
    if not number or rules.is_too_long(line.lot):
        message = _("Give the lot number as it is printed, in at most 80 characters.")
        raise InvalidInput((f"{line.field}.lot", message))
    if not line.expiry_said:
        sentence = no_such_lot(item.id, item.name, line.lot)
        told = _("Was it found here? Then give its expiry as it is printed.")
        raise InvalidInput((f"{line.field}.expiry", f"{sentence} {told}"))
    return None


def _agreeing(lot: Lot, line: Counted) -> Lot:
    """Return the lot, with the expiry that was not known; refuse another than is."""
    if lot.expiry and line.expiry and lot.expiry != line.expiry:
        message = _(
            "Lot %(lot)s is known with the expiry %(expiry)s. Check the label.",
            lot=lot.number,
            expiry=lot.expiry.isoformat(),
        )
        raise InvalidInput((f"{line.field}.expiry", message))
    lot.expiry = lot.expiry or line.expiry
    return lot


def _check_rests(line: Counted, quantity: Decimal, content: Decimal) -> None:
    if line.rests is None:
        return
    if any(rest > content for rest in line.rests.values()):
        message = _("A container cannot hold more than its content.")
        raise InvalidInput((f"{line.field}.rest", message))
    if (quantity - sum(line.rests.values())) % content or quantity < sum(line.rests.values()):
        message = _("Beside what is open, count whole containers.")
        raise InvalidInput((f"{line.field}.quantity", message))
