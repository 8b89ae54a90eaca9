"""Taking stock in: lots found or made, places chosen, one entry posted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.audit.services import Actor, InvalidInput
from supply.catalogue.terms import Storage
from supply.db import db, table, upsert
from supply.inventory import ledger, rules
from supply.inventory.models import ClinicItem, Hold, Item, Location, Lot
from supply.inventory.terms import EntryKind, HoldSource, LocationKind

LONGEST_LOT_NUMBER = 80
_SQL_VARIABLES = 500


@dataclass(frozen=True, slots=True)
class Incoming:
    """Sealed containers of one lot coming in; ``quantity`` in the item's base unit.

    ``location_id`` None means the clinic's first place whose storage fits, ambient before
    cold. ``cost_minor`` is per container. ``expired_reason`` says why an expired lot is taken.
    ``field`` is what a refusal calls this line ("lines.0").
    """

    item: Item
    lot_number: str
    expiry: dt.date | None
    quantity: Decimal
    location_id: int | None = None
    content_per_container: Decimal | None = None
    product_id: int | None = None
    gtin: str | None = None
    cost_minor: int | None = None
    cost_currency: str | None = None
    hold_reason: str | None = None
    expired_reason: str | None = None
    field: str = ""

    @property
    def content(self) -> Decimal:
        """Content of one container, in the base unit."""
        return self.content_per_container or self.item.content_per_container


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What :func:`take_in` wrote: the entry, and the lot of each line in order."""

    entry_id: int
    lots: tuple[Lot, ...]


def take_in(
    clinic: Clinic,
    lines: Sequence[Incoming],
    *,
    kind: EntryKind,
    occurred_at: dt.datetime,
    actor: Actor,
    now: dt.datetime,
    reason: str = "",
    source: tuple[str, int] | None = None,
    key: str | None = None,
) -> TakenIn:
    """Post ``lines`` as one entry of sealed stock from the supplier (or a count difference).

    Lots are found by (item, normalised number) or made; a lot's known expiry is never erased.
    A line with a ``hold_reason`` is taken in and held.

    Raises:
        InvalidInput: naming each line at fault: no or too long a lot number, not whole
            containers, another expiry or content than the lot's, expired without a reason,
            an unknown or unfit place; or an entry dated forward.
    """
    ledger.check_not_ahead(occurred_at, now)
    today = clock.local_date(occurred_at, clinic.timezone)
    _check_lines(lines, today)
    places = _places(clinic.id, lines)
    lots = _lots(clinic, lines, now)
    outside = ledger.outside_of(clinic.id)
    origin = outside.difference if kind is EntryKind.OPENING_BALANCE else outside.supplier
    moves = [
        ledger.MoveDraft(
            item_id=line.item.id,
            lot_id=lot.id,
            content=lot.content_per_container,
            from_location_id=origin,
            to_location_id=place,
            quantity=line.quantity,
            note=line.expired_reason if rules.is_expired(line.expiry, today) else None,
        )
        for line, lot, place in zip(lines, lots, places, strict=True)
    ]
    _note_stocked(clinic.id, {line.item.id for line in lines})
    entry_id = ledger.post(
        ledger.Draft(clinic.id, kind, occurred_at, moves, reason, source, key),
        outside,
        {},
        actor=actor,
        now=now,
    )
    _hold(clinic.id, lines, lots, places, entry_id, actor, now)
    return TakenIn(entry_id, tuple(lots))


def _check_lines(lines: Sequence[Incoming], today: dt.date) -> None:
    faults = [fault for line in lines for fault in _line_faults(line, today)]
    if not lines:
        faults.append(("lines", _("There is nothing to take in.")))
    if faults:
        raise InvalidInput(*faults)


def _line_faults(line: Incoming, today: dt.date) -> list[tuple[str, str]]:
    faults = []
    normalised = rules.normalise_lot(line.lot_number)
    if not normalised:
        faults.append((f"{line.field}.lot", _("Give the lot number.")))
    if len(line.lot_number) > LONGEST_LOT_NUMBER:
        faults.append((f"{line.field}.lot", _("A lot number has at most 80 characters.")))
    if line.quantity <= 0:
        faults.append((f"{line.field}.quantity", _("Enter a quantity above zero.")))
    elif line.quantity % line.content:
        faults.append(
            (
                f"{line.field}.quantity",
                _(
                    "Sealed stock comes in whole containers of %(content)s %(unit)s.",
                    content=line.content.normalize().to_eng_string(),
                    unit=line.item.unit,
                ),
            )
        )
    if rules.is_expired(line.expiry, today) and not line.expired_reason:
        faults.append(
            (f"{line.field}.expiry", _("This lot has expired. Give a reason to take it in."))
        )
    return faults


def _places(clinic_id: int, lines: Sequence[Incoming]) -> list[int]:
    """Return each line's location: the one it names, or the first that fits its item."""
    shelves = db.session.execute(
        sa.select(Location.id, Location.storage)
        .where(
            Location.clinic_id == clinic_id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
        .order_by(Location.position, Location.id)
    ).all()
    known = {shelf.id for shelf in shelves}
    first: dict[Storage | None, int] = {}
    for shelf in shelves:
        first.setdefault(shelf.storage, shelf.id)
    return [_place(line, known, first) for line in lines]


def _place(line: Incoming, known: set[int], first: Mapping[Storage | None, int]) -> int:
    if line.location_id is not None:
        if line.location_id not in known:
            raise InvalidInput((f"{line.field}.location", _("This clinic has no such place.")))
        return line.location_id
    for storage in rules.fitting_storages(line.item.storage):
        if storage in first:
            return first[storage]
    raise InvalidInput(
        (
            f"{line.field}.location",
            _("No place in this clinic is kept %(storage)s.", storage=line.item.storage),
        )
    )


def _lots(clinic: Clinic, lines: Sequence[Incoming], now: dt.datetime) -> list[Lot]:
    known = _known_lots(lines)
    lots = []
    for line in lines:
        key = (line.item.id, rules.normalise_lot(line.lot_number))
        lot = known.get(key)
        if lot is None:
            lot = known[key] = _new_lot(clinic.practice_id, line, now)
            db.session.add(lot)
        else:
            _agree(lot, line)
        if line.cost_minor is not None:
            lot.cost_minor, lot.cost_currency = line.cost_minor, line.cost_currency
        lots.append(lot)
    db.session.flush()
    return lots


def _known_lots(lines: Sequence[Incoming]) -> dict[tuple[int, str], Lot]:
    """Return the lots that ``lines`` name and that exist, locked in primary-key order."""
    items = list({line.item.id for line in lines})
    numbers = list({rules.normalise_lot(line.lot_number) for line in lines})
    found: dict[tuple[int, str], Lot] = {}
    for start in range(0, len(numbers), _SQL_VARIABLES):
        rows = db.session.scalars(
            sa.select(Lot)
            .where(
                Lot.normalised.in_(numbers[start : start + _SQL_VARIABLES]),
                Lot.item_id.in_(items),
            )
            .order_by(Lot.id)
            .with_for_update()
        )
        found.update({(lot.item_id, lot.normalised): lot for lot in rows})
    return found


def _new_lot(practice_id: int, line: Incoming, now: dt.datetime) -> Lot:
    return Lot(
        practice_id=practice_id,
        item_id=line.item.id,
        number=line.lot_number.strip(),
        normalised=rules.normalise_lot(line.lot_number),
        expiry=line.expiry,
        content_per_container=line.content,
        product_id=line.product_id,
        gtin=line.gtin,
        created_at=now,
    )


def _agree(lot: Lot, line: Incoming) -> None:
    """Check that ``line`` says of ``lot`` what is known of it; fill in what was not known."""
    if lot.content_per_container != line.content:
        raise InvalidInput(
            (
                f"{line.field}.quantity",
                _(
                    "Lot %(lot)s is known with another container size.",
                    lot=lot.number,
                ),
            )
        )
    if line.expiry is not None and lot.expiry is None:
        lot.expiry = line.expiry
    if line.expiry is not None and lot.expiry != line.expiry:
        raise InvalidInput(
            (
                f"{line.field}.expiry",
                _(
                    "Lot %(lot)s is known with the expiry %(expiry)s. Check the label.",
                    lot=lot.number,
                    expiry=lot.expiry.isoformat() if lot.expiry else "",
                ),
            )
        )
    lot.gtin = lot.gtin or line.gtin
    lot.product_id = lot.product_id or line.product_id


def _note_stocked(clinic_id: int, item_ids: set[int]) -> None:
    """Remember that the clinic stocks these items, so that they are listed also at zero."""
    db.session.execute(
        upsert(table(ClinicItem)).on_conflict_do_nothing(),
        [
            {"clinic_id": clinic_id, "item_id": item_id, "tracked": True}
            for item_id in sorted(item_ids)
        ],
    )


def _hold(
    clinic_id: int,
    lines: Sequence[Incoming],
    lots: Sequence[Lot],
    places: Sequence[int],
    entry_id: int,
    actor: Actor,
    now: dt.datetime,
) -> None:
    db.session.add_all(
        [
            Hold(
                lot_id=lot.id,
                clinic_id=clinic_id,
                location_id=place,
                quantity=line.quantity,
                reason=line.hold_reason,
                source=HoldSource.RECEIPT,
                source_id=entry_id,
                held_by_id=actor.person_id,
                held_at=now,
            )
            for line, lot, place in zip(lines, lots, places, strict=True)
            if line.hold_reason
        ]
    )
    db.session.flush()
