"""Undoing an entry: the reversing entry, what stands in its way, and who follows suit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import AnyRow, db
from supply.inventory import counted_since, settled
from supply.inventory.costs import Cost
from supply.inventory.ledger import (
    BALANCE,
    ENTRY,
    MOVE,
    Draft,
    MoveDraft,
    Outside,
    Place,
    container_id,
    deltas,
    outside_of,
    post,
)
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.refusals import AlreadyReversedError, Obstacle, StandsInTheWayError
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Location
from supply.quantity import ZERO
from supply.refusals import InvalidInput, Refusal

ReversalHandler = Callable[[int, Actor, dt.datetime], None]
SourceLock = Callable[[int], object]
_handlers: dict[str, ReversalHandler] = {}
_locks: dict[str, SourceLock] = {}


def on_reversal(
    source_type: str, *, locks: SourceLock | None = None
) -> Callable[[ReversalHandler], ReversalHandler]:
    """Register what a room does to its own rows when an entry of ``source_type`` is reversed.

    The handler gets (source id, actor, now), within the reversal's transaction. ``locks`` locks
    the source by its id before anything else is locked: who posts stock locks an order first and
    the balances after it, and two who lock in different orders wait for each other.
    """

    def register(handler: ReversalHandler) -> ReversalHandler:
        _handlers[source_type] = handler
        if locks is not None:
            _locks[source_type] = locks
        return handler

    return register


def standing_entry(source: tuple[str, int]) -> int | None:
    """Return the entry that names ``source`` and is not undone, the first if there are several."""
    return db.session.scalar(
        sa.select(Entry.id)
        .where(
            Entry.source_type == source[0],
            Entry.source_id == source[1],
            Entry.reverses_id.is_(None),
            not_undone(Entry.id),
        )
        .order_by(Entry.id)
        .limit(1)
    )


def reverse(entry_id: int, *, reason: str, actor: Actor, now: dt.datetime) -> int:
    """Post the entry that undoes ``entry_id``; return the new entry's id.

    Locks what the entry was posted for, as its room locks it, then the entry, then the balances
    of its lots in primary-key order. What was drawn from an open container goes back into it,
    wherever it is by now, its clock unchanged. A place that was counted since stays as it was
    counted (see :mod:`supply.inventory.counted_since`).

    Raises:
        AlreadyReversedError: reversed before.
        InvalidInput: the entry is itself a reversal, or only keeps a place as it was counted.
        StandsInTheWayError: later entries have used what it brought or opened.
        Refusal: it would bring something back to a location that is archived by now.
    """
    entry = _locked_entry(entry_id)
    bound = counted_since.bound_by(entry)
    undoing = _Undoing(entry, entry, reason, actor, now)
    lots = {lot for _location, lot in settled.happened_on(entry)}
    lots.update(_lots_of([one.id for one in bound]))
    reversal_id, balances = undoing.post(undoing.plan(lots))
    if entry.source_type in _handlers:
        _handlers[entry.source_type](entry.source_id, actor, now)
    counted_since.forget(entry, balances)
    for keeping in counted_since.bound_by(entry):
        _bind_anew(keeping, actor, now)
    return reversal_id


def _bind_anew(keeping: AnyRow, actor: Actor, now: dt.datetime) -> None:
    """Let what ``keeping`` kept as counted be bound by what counts still stand, if any."""
    query = sa.select(ENTRY).where(ENTRY.c.id == keeping.source_id)
    told = db.session.execute(query).one()
    reason = _("The count that it was kept for is undone")
    undoing = _Undoing(keeping, told, reason, actor, now)
    plan = undoing.plan([])
    bound = {one.place for one in plan.kept if one.counted_at == keeping.occurred_at}
    if bound != plan.changes.keys():
        undoing.post(plan)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an undo writes: the moves back, and what it changes of places that were counted since.

    ``balances`` are locked, of the entry's lots and ``lots``.
    """

    lots: Collection[int]
    moves: Sequence[MoveDraft]
    outside: Outside
    balances: Mapping[Place, AnyRow]
    changes: Mapping[Place, Decimal]
    kept: Sequence[counted_since.Kept]


@dataclass(frozen=True, slots=True)
class _Undoing:
    """An entry that is undone, and the one that ``told`` what is undone: itself, as a rule.

    What keeps a counted place as counted only follows from another that was undone before.
    """

    entry: AnyRow
    told: AnyRow
    reason: str
    actor: Actor
    now: dt.datetime

    def plan(self, lots: Collection[int]) -> _Plan:
        """Return what is to be written.

        Locks the counts that found none of what it moved, then balances of its and other ``lots``.
        """
        none_left = settled.none_left(self.told, _shelves_of(self.entry.id))
        balances = _locked_balances(self.entry, lots)
        moves = _reversed_moves(self.entry.id, balances)
        outside = outside_of(self.entry.clinic_id)
        changes = deltas(moves, outside.ids())
        kept = counted_since.kept_places(self.told, changes, balances, none_left)
        return _Plan(lots, moves, outside, balances, changes, kept)

    def post(self, plan: _Plan) -> tuple[int, Mapping[Place, AnyRow]]:
        """Post what undoes the entry and keeps counted places; return its id, and the balances."""
        entry, balances = self.entry, plan.balances
        facts = {move.lot_id: move for move in plan.moves}
        keeping = counted_since.Keeping(self.told, plan.outside, facts, self.actor, self.now)
        if plan.kept:
            keeping.write([one for one in plan.kept if one.change < 0], balances)
            balances = _locked_balances(entry, plan.lots)
        _check_in_use(plan)
        _check_still_there(entry.id, plan.moves, plan.outside, balances)
        reversal_id = self._write(plan.moves, plan.outside, balances)
        if plan.kept:
            balances = _locked_balances(entry, plan.lots)
            keeping.write([one for one in plan.kept if one.change > 0], balances)
        return reversal_id, balances

    def _write(
        self, moves: Sequence[MoveDraft], outside: Outside, balances: Mapping[Place, AnyRow]
    ) -> int:
        entry = self.entry
        draft = Draft(
            clinic_id=entry.clinic_id,
            kind=EntryKind.REVERSAL,
            occurred_at=self.now,
            moves=moves,
            reason=self.reason,
            source=(entry.source_type, entry.source_id) if entry.source_type else None,
            reverses_id=entry.id,
        )
        return post(draft, outside, balances, actor=self.actor, now=self.now)


def _lots_of(entry_ids: Collection[int]) -> set[int]:
    if not entry_ids:
        return set()
    return set(db.session.scalars(sa.select(MOVE.c.lot_id).where(MOVE.c.entry_id.in_(entry_ids))))


def _shelves_of(entry_id: int) -> set[settled.Shelf]:
    """Return the locations, outside ones too, and lots between which an entry moved."""
    rows = db.session.execute(sa.select(MOVE).where(MOVE.c.entry_id == entry_id))
    return {
        (location, row.lot_id)
        for row in rows
        for location in (row.from_location_id, row.to_location_id)
    }


def _locked_entry(entry_id: int) -> AnyRow:
    """Lock what an entry was posted for, then the entry; raises as :func:`reverse` does."""
    query = sa.select(ENTRY).where(ENTRY.c.id == entry_id)
    entry = db.session.execute(query).one()
    if entry.kind is EntryKind.REVERSAL:
        sentence = _("An undo cannot itself be undone: record it again instead.")
        raise InvalidInput(("entry", sentence))
    if entry.source_type == settled.SOURCE:
        sentence = _("This keeps a place as it was counted. Undo the count, and it goes with it.")
        raise InvalidInput(("entry", sentence))
    _check_not_reversed(entry_id)
    if entry.source_type in _locks:
        _locks[entry.source_type](entry.source_id)
    db.session.execute(query.with_for_update()).one()
    _check_not_reversed(entry_id)
    return entry


def _check_not_reversed(entry_id: int) -> None:
    if db.session.scalar(sa.select(ENTRY.c.id).where(ENTRY.c.reverses_id == entry_id)):
        raise AlreadyReversedError


def keeps_counted(entry_id: int) -> bool:
    """Return whether undoing an entry left a place as it was counted since."""
    return standing_entry((settled.SOURCE, entry_id)) is not None


def _locked_balances(entry: AnyRow, lots: Collection[int]) -> dict[Place, AnyRow]:
    """Lock the clinic's balances of the lots that an entry moved, and of ``lots``, by place.

    With them those of the places it moved from: what was received came out of a sister's transit.
    """
    moved = sa.select(MOVE).where(MOVE.c.entry_id == entry.id).subquery()
    rows = db.session.execute(
        sa.select(
            BALANCE.c.id,
            BALANCE.c.quantity,
            BALANCE.c.costed,
            BALANCE.c.cost_minor,
            BALANCE.c.counted_at,
            BALANCE.c.location_id,
            BALANCE.c.lot_id,
            BALANCE.c.container_id,
        )
        .where(
            sa.or_(
                BALANCE.c.clinic_id == entry.clinic_id,
                BALANCE.c.location_id.in_(sa.select(moved.c.from_location_id)),
            ),
            sa.or_(BALANCE.c.lot_id.in_(sa.select(moved.c.lot_id)), BALANCE.c.lot_id.in_(lots)),
        )
        .order_by(BALANCE.c.id)
        .with_for_update()
    )
    return {(row.location_id, row.lot_id, row.container_id): row for row in rows}


def _reversed_moves(entry_id: int, balances: Mapping[Place, AnyRow]) -> list[MoveDraft]:
    whereabouts = {place[2]: place[0] for place, row in balances.items() if row.quantity > 0}
    rows = db.session.execute(
        sa.select(MOVE, Lot.content_per_container)
        .join(Lot, Lot.id == MOVE.c.lot_id)
        .where(MOVE.c.entry_id == entry_id)
        .order_by(MOVE.c.id.desc())
    )
    return [
        MoveDraft(
            item_id=row.item_id,
            lot_id=row.lot_id,
            content=row.content_per_container,
            from_location_id=row.to_location_id,
            to_location_id=(
                row.from_location_id
                if row.from_container_id in (None, row.to_container_id)
                else whereabouts.get(row.from_container_id, row.from_location_id)
            ),
            quantity=row.quantity,
            from_container=row.to_container_id,
            to_container=row.from_container_id,
            cause=row.cause,
            cost=Cost(row.costed, row.cost_minor),
        )
        for row in rows
    ]


def _check_in_use(plan: _Plan) -> None:
    """Refuse to bring something back to a location that is put away: nobody looks there."""
    kept = {one.place for one in plan.kept}
    back = {place[0] for place, change in plan.changes.items() if change > 0 and place not in kept}
    away = db.session.scalars(
        sa.select(Location.name).where(Location.id.in_(back), Location.archived_at.is_not(None))
    ).first()
    if away is not None:
        sentence = _("%(name)s is archived: take it back into use, then undo this.", name=away)
        raise Refusal(sentence)


def _check_still_there(
    entry_id: int,
    moves: Sequence[MoveDraft],
    outside: Outside,
    balances: Mapping[Place, AnyRow],
) -> None:
    missing = [
        place
        for place, change in deltas(moves, outside.ids()).items()
        if (balances[place].quantity if place in balances else ZERO) + change < 0
    ]
    if missing:
        raise StandsInTheWayError(_obstacles(entry_id, missing))


def _obstacles(entry_id: int, places: Sequence[Place]) -> list[Obstacle]:
    """Return the later, unreversed entries that drew from ``places``."""
    drew = sa.or_(
        *(
            sa.and_(
                Move.from_location_id == location_id,
                Move.lot_id == lot_id,
                Move.from_container_id.is_not_distinct_from(container_id(container)),
            )
            for location_id, lot_id, container in places
        )
    )
    rows = db.session.execute(
        sa.select(Entry.id, Entry.kind, Entry.occurred_at, Lot.number, Clinic.timezone)
        .join(Clinic, Clinic.id == Entry.clinic_id)
        .join(Move, Move.entry_id == Entry.id)
        .join(Lot, Lot.id == Move.lot_id)
        .where(drew, Entry.id > entry_id, Entry.kind != EntryKind.REVERSAL, not_undone(Entry.id))
        .distinct()
        .order_by(Entry.id)
        .limit(10)
    )
    return [
        Obstacle(row.id, str(row.kind), row.occurred_at, row.number, row.timezone) for row in rows
    ]
