"""Entries of the ledger as a timeline shows them: an item's movements, one entry whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import sqlalchemy as sa

from supply.accounts.models import Clinic, Person
from supply.db import AnyRow, db
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.settled import SOURCE
from supply.inventory.terms import EntryKind, WasteCause
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO

MOVEMENTS_PAGE = 30


@dataclass(frozen=True, slots=True)
class MovementPart:
    """What one entry did to one lot in one step; signed as the shelves see it."""

    lot_id: int
    lot: str
    quantity: Decimal
    from_name: str
    from_kind: LocationKind
    from_open: bool
    to_name: str
    to_kind: LocationKind
    to_open: bool
    note: str | None
    cause: WasteCause | None
    item_name: str = ""
    item_id: int = 0
    unit: str = ""

    @property
    def change(self) -> Decimal:
        """By how much the clinic's shelves changed: above zero came in."""
        came = self.quantity if self.to_kind is LocationKind.SHELF else ZERO
        went = self.quantity if self.from_kind is LocationKind.SHELF else ZERO
        return came - went


@dataclass(slots=True)
class Movement:
    """One entry as the timeline shows it."""

    entry_id: int
    kind: EntryKind
    occurred_at: dt.datetime
    recorded_at: dt.datetime
    person_id: int | None
    person: str | None
    reason: str
    source_type: str | None
    source_id: int | None
    reversed_by: int | None
    reverses_id: int | None
    parts: list[MovementPart] = field(default_factory=list)

    @property
    def change(self) -> Decimal:
        """By how much the clinic's shelves changed."""
        return sum((part.change for part in self.parts), ZERO)

    @property
    def can_be_undone(self) -> bool:
        """Whether it is neither undone, nor an undo itself or what follows from one."""
        follows = self.kind is EntryKind.REVERSAL or self.source_type == SOURCE
        return self.reversed_by is None and not follows


def movements(
    clinic: Clinic, item_id: int, before: int | None = None
) -> tuple[list[Movement], int | None]:
    """Return an item's latest movements at a clinic, newest first, and where to go on.

    ``before`` is the second answer of the page before; None begins, and ends.
    """
    return _page(clinic, "item_id", item_id, before)


def movements_of_lot(
    clinic: Clinic, lot_id: int, before: int | None = None
) -> tuple[list[Movement], int | None]:
    """Return a lot's latest movements at a clinic as :func:`movements` does an item's."""
    return _page(clinic, "lot_id", lot_id, before)


def _page(
    clinic: Clinic, by: str, of: int, before: int | None
) -> tuple[list[Movement], int | None]:
    asked = {"of": of, "clinic_id": clinic.id, "before": before}
    rows = db.session.execute(_of(by, first_page=before is None), asked).all()
    shown = rows[:MOVEMENTS_PAGE]
    following = shown[-1].move_id if len(rows) > MOVEMENTS_PAGE else None
    return _grouped(shown), following


def entry_of(clinic: Clinic, entry_id: int) -> Movement | None:
    """Return one entry of the clinic with all its moves, or None."""
    rows = db.session.execute(
        _moves().where(Move.entry_id == entry_id, Entry.clinic_id == clinic.id).order_by(Move.id)
    ).all()
    return _grouped(rows)[0] if rows else None


@cache
def _of(by: str, *, first_page: bool) -> sa.Select[*tuple[object, ...]]:
    statement = _moves().where(
        getattr(Move, by) == sa.bindparam("of"), Move.clinic_id == sa.bindparam("clinic_id")
    )
    if not first_page:
        statement = statement.where(Move.id < sa.bindparam("before"))
    return statement.order_by(Move.id.desc()).limit(MOVEMENTS_PAGE + 1)


@cache
def _moves() -> sa.Select[*tuple[object, ...]]:
    undoing = sa.orm.aliased(Entry)
    origin, target = sa.orm.aliased(Location), sa.orm.aliased(Location)
    return (
        sa.select(
            Move.id.label("move_id"),
            Move.entry_id,
            Move.lot_id,
            Move.quantity,
            Move.note,
            Move.cause,
            Move.from_container_id,
            Move.to_container_id,
            Lot.number.label("lot"),
            Item.id.label("item_id"),
            Item.name.label("item_name"),
            Item.unit,
            origin.name.label("from_name"),
            origin.kind.label("from_kind"),
            target.name.label("to_name"),
            target.kind.label("to_kind"),
            Entry.kind,
            Entry.occurred_at,
            Entry.recorded_at,
            Entry.person_id,
            Entry.reason,
            Entry.source_type,
            Entry.source_id,
            Entry.reverses_id,
            Person.name.label("person"),
            undoing.id.label("reversed_by"),
        )
        .join(Entry, Entry.id == Move.entry_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(Item, Item.id == Move.item_id)
        .join(origin, origin.id == Move.from_location_id)
        .join(target, target.id == Move.to_location_id)
        .outerjoin(Person, Person.id == Entry.person_id)
        .outerjoin(undoing, undoing.reverses_id == Entry.id)
    )


def _grouped(rows: Iterable[AnyRow]) -> list[Movement]:
    found: dict[int, Movement] = {}
    for row in rows:
        movement = found.get(row.entry_id)
        if movement is None:
            movement = found[row.entry_id] = _movement(row)
        movement.parts.append(_part(row))
    return list(found.values())


def _movement(row: AnyRow) -> Movement:
    return Movement(
        entry_id=row.entry_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        person_id=row.person_id,
        person=row.person,
        reason=row.reason,
        source_type=row.source_type,
        source_id=row.source_id,
        reversed_by=row.reversed_by,
        reverses_id=row.reverses_id,
    )


def _part(row: AnyRow) -> MovementPart:
    return MovementPart(
        lot_id=row.lot_id,
        lot=row.lot,
        quantity=row.quantity,
        from_name=row.from_name,
        from_kind=row.from_kind,
        from_open=row.from_container_id is not None,
        to_name=row.to_name,
        to_kind=row.to_kind,
        to_open=row.to_container_id is not None,
        note=row.note,
        cause=row.cause,
        item_name=row.item_name,
        item_id=row.item_id,
        unit=row.unit,
    )
