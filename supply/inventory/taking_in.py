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
from supply.actor import Actor
from supply.catalogue.terms import Storage
from supply.catalogue.wording import STORAGE_WORDS
from supply.db import db, table, upsert
from supply.inventory import ledger, rules
from supply.inventory.costs import NOT_KNOWN, Cost
from supply.inventory.models import Entry, Hold, Lot, Move
from supply.inventory.refusals import CountedSinceError
from supply.inventory.terms import EntryKind, HoldSource
from supply.inventory.undone import not_undone
from supply.items.models import ClinicItem, Item, Location
from supply.items.terms import LocationKind
from supply.refusals import InvalidInput
from supply.text import code

_SQL_VARIABLES = 500


@dataclass(frozen=True, slots=True)
class Incoming:
    """Sealed containers of one lot coming in; ``quantity`` in the item's base unit.

    ``location_id`` None means the clinic's first place whose storage fits, ambient before
    cold. ``cost_minor`` is what the line cost, in minor units of the clinic's currency; None is
    not known. ``expired_reason`` says why an expired lot is taken.
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
    hold_reason: str | None = None
    expired_reason: str | None = None
    field: str = ""

    @property
    def cost(self) -> Cost:
        """What the line cost, all of it or not known at all."""
        return NOT_KNOWN if self.cost_minor is None else Cost(self.quantity, self.cost_minor)

    @property
    def content(self) -> Decimal:
        """Content of one container, in the base unit."""
        return self.content_per_container or self.item.content_per_container


_KnownLots = dict[tuple[int, str], Lot]


@dataclass(frozen=True, slots=True)
class _LotFacts:
    """What a label or the file of lots says of a lot."""

    number: str
    expiry: dt.date | None
    content: Decimal


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

    Lots are found by (item, normalised number) or made; a lot's known expiry is never erased,
    unless all that ever brought the lot was undone: then it was a slip, and the new one holds.
    A line with a ``hold_reason`` is taken in and held. Locks the lots it finds, then the
    balances it adds to, each in primary-key order.

    Raises:
        InvalidInput: naming each line at fault: no or too long a lot number, not whole
            containers, another expiry or content than the lot's, expired without a reason,
            an unknown or unfit place; or an entry dated forward.
        CountedSinceError: dated before a count of a lot in the place it comes to.
    """
    ledger.check_not_ahead(occurred_at, now)
    today = clock.local_date(occurred_at, clinic.timezone)
    lots, places = _lots_and_places(clinic, lines, today, now)
    outside = ledger.outside_of(clinic.id)
    origin = outside.difference if kind is EntryKind.OPENING_BALANCE else outside.supplier
    moves = [
        _arrival(line, lot, origin, place, today)
        for line, lot, place in zip(lines, lots, places, strict=True)
    ]
    note_stocked(clinic.id, {line.item.id for line in lines})
    _lock_balances(clinic, lots, places, occurred_at)
    entry_id = ledger.post(
        ledger.Draft(clinic.id, kind, occurred_at, moves, reason, source, key),
        outside,
        {},
        actor=actor,
        now=now,
    )
    _hold(clinic.id, lines, lots, places, entry_id, actor, now)
    return TakenIn(entry_id, tuple(lots))


def _lots_and_places(
    clinic: Clinic, lines: Sequence[Incoming], today: dt.date, now: dt.datetime
) -> tuple[list[Lot], list[int]]:
    """Return the lot and the location of each line; raises InvalidInput with every fault."""
    known = _known_lots(lines)
    _forget_slips(known, lines)
    shelves = _Shelves.of(clinic.id)
    faults = _faults(lines, known, shelves, today)
    if faults:
        raise InvalidInput(*faults)
    places = [shelves.place(line) for line in lines]
    return _lots(clinic, lines, known, now), places


def _arrival(line: Incoming, lot: Lot, origin: int, place: int, today: dt.date) -> ledger.MoveDraft:
    return ledger.MoveDraft(
        item_id=line.item.id,
        lot_id=lot.id,
        content=lot.content_per_container,
        from_location_id=origin,
        to_location_id=place,
        quantity=line.quantity,
        note=line.expired_reason if rules.is_expired(line.expiry, today) else None,
        cost=line.cost,
    )


def _lock_balances(
    clinic: Clinic, lots: Sequence[Lot], places: Sequence[int], occurred_at: dt.datetime
) -> None:
    """Lock what is added to, as everyone locks it; refuse to go back behind a count."""
    numbers = {lot.id: lot.number for lot in lots}
    into = [(place, lot.id, None) for lot, place in zip(lots, places, strict=True)]
    for start in range(0, len(into), _SQL_VARIABLES):
        for place, row in ledger.lock_places(into[start : start + _SQL_VARIABLES]).items():
            if row.counted_at is not None and row.counted_at > occurred_at:
                raise CountedSinceError(numbers[place[1]], row.counted_at, clinic.timezone)


def faults(
    clinic: Clinic, lines: Sequence[Incoming], *, occurred_at: dt.datetime
) -> list[tuple[str, str]]:
    """Return (field, message) for all that :func:`take_in` would refuse in ``lines``."""
    today = clock.local_date(occurred_at, clinic.timezone)
    known = _known_lots(lines)
    _forget_slips(known, lines)
    return _faults(lines, known, _Shelves.of(clinic.id), today)


def place_of(clinic: Clinic, lines: Sequence[Incoming]) -> list[int]:
    """Return the location each of ``lines`` would go to; they must be without faults."""
    shelves = _Shelves.of(clinic.id)
    return [shelves.place(line) for line in lines]


def _faults(
    lines: Sequence[Incoming], known: _KnownLots, shelves: _Shelves, today: dt.date
) -> list[tuple[str, str]]:
    if not lines:
        return [("lines", _("There is nothing to take in."))]
    said: dict[tuple[int, str], _LotFacts] = {
        key: _LotFacts(lot.number, lot.expiry, lot.content_per_container)
        for key, lot in known.items()
    }
    found = []
    for line in lines:
        found += _line_faults(line, today)
        found += shelves.faults(line)
        key = (line.item.id, rules.normalise_lot(line.lot_number))
        mine = _LotFacts(code(line.lot_number), line.expiry, line.content)
        found += _disagreements(said.get(key, mine), mine, line.field)
        if key not in said or said[key].expiry is None:
            said[key] = mine
    return found


def _line_faults(line: Incoming, today: dt.date) -> list[tuple[str, str]]:
    faults = []
    normalised = rules.normalise_lot(line.lot_number)
    if not normalised:
        faults.append((f"{line.field}.lot", _("Give the lot number.")))
    if rules.is_too_long(line.lot_number):
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


@dataclass(frozen=True, slots=True)
class _Shelves:
    """A clinic's places in use, and the first of each storage class."""

    known: frozenset[int]
    first: Mapping[Storage | None, int]

    @classmethod
    def of(cls, clinic_id: int) -> _Shelves:
        rows = db.session.execute(
            sa.select(Location.id, Location.storage)
            .where(
                Location.clinic_id == clinic_id,
                Location.kind == LocationKind.SHELF,
                Location.archived_at.is_(None),
            )
            .order_by(Location.position, Location.id)
        ).all()
        first: dict[Storage | None, int] = {}
        for row in rows:
            first.setdefault(row.storage, row.id)
        return cls(frozenset(row.id for row in rows), first)

    def faults(self, line: Incoming) -> list[tuple[str, str]]:
        if line.location_id is None and self._fitting(line.item.storage) is None:
            kept = STORAGE_WORDS[line.item.storage]
            message = _("No location here is for what is kept so: %(storage)s.", storage=kept)
            return [(f"{line.field}.location", message)]
        if line.location_id is not None and line.location_id not in self.known:
            return [(f"{line.field}.location", _("This clinic has no such location."))]
        return []

    def place(self, line: Incoming) -> int:
        """Return where ``line`` goes: the place it names, or the first that fits its item."""
        place = line.location_id or self._fitting(line.item.storage)
        if place is None:
            raise InvalidInput(*self.faults(line))
        return place

    def _fitting(self, storage: Storage) -> int | None:
        fitting = rules.fitting_storages(storage)
        return next((self.first[kept] for kept in fitting if kept in self.first), None)


def lots_of(clinic: Clinic, lines: Sequence[Incoming], now: dt.datetime) -> list[Lot]:
    """Return the lot of each of ``lines``, found (and locked) or made; they must be sound."""
    return _lots(clinic, lines, _known_lots(lines), now)


def _lots(
    clinic: Clinic, lines: Sequence[Incoming], known: _KnownLots, now: dt.datetime
) -> list[Lot]:
    lots = []
    for line in lines:
        key = (line.item.id, rules.normalise_lot(line.lot_number))
        lot = known.get(key)
        if lot is None:
            lot = known[key] = _new_lot(clinic.practice_id, line, now)
            db.session.add(lot)
        else:
            _complete(lot, line)
        lots.append(lot)
    db.session.flush()
    return lots


def _known_lots(lines: Sequence[Incoming]) -> _KnownLots:
    """Return the lots that ``lines`` name and that exist, locked in primary-key order."""
    items = list({line.item.id for line in lines})
    numbers = list({rules.normalise_lot(line.lot_number) for line in lines})
    found: _KnownLots = {}
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


def _forget_slips(known: _KnownLots, lines: Sequence[Incoming]) -> None:
    """Forget the expiry of lots that ``lines`` contradict and that were only ever there by mistake.

    A mistyped expiry is put right by undoing the receipt and taking the goods in again.
    """
    contradicted = set()
    for line in lines:
        lot = known.get((line.item.id, rules.normalise_lot(line.lot_number)))
        if lot is not None and lot.expiry and line.expiry and lot.expiry != line.expiry:
            contradicted.add(lot.id)
    if not contradicted:
        return
    standing = set(
        db.session.scalars(
            sa.select(Move.lot_id)
            .join(Entry, Entry.id == Move.entry_id)
            .where(Move.lot_id.in_(contradicted), Entry.reverses_id.is_(None), not_undone(Entry.id))
            .distinct()
        )
    )
    for lot in known.values():
        if lot.id in contradicted - standing:
            lot.expiry = None


def _new_lot(practice_id: int, line: Incoming, now: dt.datetime) -> Lot:
    return Lot(
        practice_id=practice_id,
        item_id=line.item.id,
        number=code(line.lot_number),
        normalised=rules.normalise_lot(line.lot_number),
        expiry=line.expiry,
        content_per_container=line.content,
        product_id=line.product_id,
        gtin=line.gtin,
        created_at=now,
    )


def _disagreements(known: _LotFacts, said: _LotFacts, field: str) -> list[tuple[str, str]]:
    """Return how ``said`` contradicts what is known of a lot."""
    found = []
    if known.content != said.content:
        message = _("Lot %(lot)s is known with another container size.", lot=known.number)
        found.append((f"{field}.quantity", message))
    if known.expiry and said.expiry and known.expiry != said.expiry:
        message = _(
            "Lot %(lot)s is known with the expiry %(expiry)s. Check the label.",
            lot=known.number,
            expiry=known.expiry.isoformat(),
        )
        found.append((f"{field}.expiry", message))
    return found


def _complete(lot: Lot, line: Incoming) -> None:
    """Fill in what was not known of a lot; what is known is never erased."""
    lot.expiry = lot.expiry or line.expiry
    lot.gtin = lot.gtin or line.gtin
    lot.product_id = lot.product_id or line.product_id


def note_stocked(clinic_id: int, item_ids: set[int]) -> None:
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
