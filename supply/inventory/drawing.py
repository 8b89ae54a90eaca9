"""Drawing stock first expired first: what may be drawn, what will be, and the moves for it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import sqlalchemy as sa

from supply import clock
from supply.catalogue.terms import Dose, Storage
from supply.db import AnyRow, db, execute
from supply.inventory import availability, ledger, rules
from supply.inventory.availability import held_of
from supply.inventory.refusals import CountedSinceError, ShortageError, ShortItem
from supply.inventory.rules import Draw, Source
from supply.inventory.terms import WasteCause
from supply.items.models import ItemOpeningRule
from supply.quantity import ZERO, Unit

_BALANCE = availability.BALANCE
_LOT = availability.LOT
_CONTAINER = availability.CONTAINER
_LOCATION = availability.LOCATION
_HOLD = availability.HOLD
_SOURCE_COLUMNS = (
    _BALANCE.c.id,
    _BALANCE.c.item_id,
    _BALANCE.c.lot_id,
    _LOT.c.number,
    _BALANCE.c.location_id,
    _BALANCE.c.container_id,
    _BALANCE.c.quantity,
    _BALANCE.c.content_per_container,
    _LOT.c.expiry,
    _CONTAINER.c.discard_at,
    _BALANCE.c.first_in_at,
    _LOCATION.c.storage,
    _BALANCE.c.counted_at,
    _BALANCE.c.costed,
    _BALANCE.c.cost_minor,
)
"""In the order of :class:`Source`; what is on hold is still to be taken off."""


class UsedItem(NamedTuple):
    """What drawing needs to know of an item."""

    id: int
    code: str
    name: str
    unit: Unit
    dose: Dose
    injectable: bool
    tracked: bool = True


class Need(NamedTuple):
    """A need of one item in its base unit, from one lot where a person picked it.

    ``dead_space`` of the quantity stays in syringes: drawn, but not given.
    """

    item: UsedItem
    quantity: Decimal
    lot_id: int | None = None
    dead_space: Decimal = ZERO


class CoveredNeed(NamedTuple):
    """A need and the draws that cover it."""

    need: Need
    draws: tuple[Draw, ...]


class Drawn(NamedTuple):
    """What left stock of one lot: to the patient, or wasted for a cause."""

    item_id: int
    lot_id: int
    lot_number: str
    quantity: Decimal
    cause: WasteCause | None = None


def drawable(
    clinic_id: int, item_ids: Collection[int], *, at: dt.datetime, timezone: str
) -> list[Source]:
    """Return what of ``item_ids`` may be drawn at ``at``: there, in date, in time, not held.

    Stock that came later than ``at`` is left out.
    """
    wanted = _wanted(clinic_id, item_ids, at, timezone)
    return _sources(execute(_DRAWABLE, wanted).all())


def drawable_then(
    clinic_id: int, item_ids: Collection[int], *, at: dt.datetime, timezone: str
) -> list[Source]:
    """Return as :func:`drawable`, and what went on hold only after ``at``: see ``Source.later``."""
    wanted = _wanted(clinic_id, item_ids, at, timezone)
    return _sources(execute(_DRAWABLE, wanted).all(), then=at)


def lock_drawable(
    clinic_id: int, item_ids: Collection[int], *, at: dt.datetime, timezone: str, then: bool = False
) -> tuple[list[Source], ledger.Outside | None]:
    """Return what may be drawn, its balance rows locked in primary-key order.

    ``then``: with what went on hold only after ``at``, as :func:`drawable_then` does.

    With it come the clinic's outside places, so that drawing asks once; None where there is
    nothing to draw.
    """
    wanted = _wanted(clinic_id, item_ids, at, timezone)
    _wait_for_turn(wanted)
    rows = execute(_DRAWABLE_LOCKED, wanted).all()
    return _sources(rows, then=at if then else None), ledger.outside_in(rows[0]) if rows else None


def drawable_at(
    clinic_ids: Collection[int],
    item_ids: Collection[int],
    *,
    at: dt.datetime,
    since: dt.date,
) -> dict[int, list[Source]]:
    """Return by clinic what of ``item_ids`` may be drawn at ``at``, in one statement.

    What expired before ``since`` is left out; on whose calendar a lot has expired meanwhile is
    for the caller to say.
    """
    wanted = {"clinics": list(clinic_ids), "items": list(item_ids), "today": since, "at": at}
    rows = execute(_DRAWABLE_AT, wanted).all()
    places = {row.id: row.clinic_id for row in rows}
    found: dict[int, list[Source]] = defaultdict(list)
    for source in _sources(rows):
        found[places[source.balance_id]].append(source)
    return found


def _wanted(
    clinic_id: int, item_ids: Collection[int], at: dt.datetime, timezone: str
) -> dict[str, Any]:
    return {
        "clinic": clinic_id,
        "items": list(item_ids),
        "today": clock.local_date(at, timezone),
        "at": at,
    }


def _sources(rows: Sequence[AnyRow], then: dt.datetime | None = None) -> list[Source]:
    """Return one source for each balance of ``rows``, which have a row for each hold on it.

    What is expired or past its time is not among them, so that only holds keep any back. Those
    that came after ``then`` are told apart, if it is given.
    """
    columns = len(_SOURCE_COLUMNS)
    # By position: twenty rows read by name are a twentieth of what recording a session takes.
    found = {row[0]: Source(*row[:columns]) for row in rows}
    kept = _held(rows)
    before = _held(rows, then) if kept and then is not None else {}
    for balance_id, held in kept.items():
        source = found[balance_id]
        later = held - before.get(balance_id, ZERO) if then is not None else ZERO
        left = source.quantity - held
        found[balance_id] = source._replace(quantity=left, held=held, later=later)
    return [source for source in found.values() if source.quantity > 0 or source.later > 0]


def _held(rows: Sequence[AnyRow], until: dt.datetime | None = None) -> dict[int, Decimal]:
    """Return how much holds keep back of each balance that has any; those placed ``until`` then."""
    held = [
        row for row in rows if row.hold_id is not None and (until is None or row.held_at <= until)
    ]
    holds: dict[int, list[Decimal | None]] = defaultdict(list)
    for row in held:
        holds[row.id].append(row.hold_quantity)
    return {row.id: held_of(row, holds[row.id]) for row in held}


def _wait_for_turn(wanted: Mapping[str, Any]) -> None:
    """Lock what there is of the items, in primary-key order, before it is read.

    A statement that waited for a lock sees new quantities, but no new rows: a container that
    the one before has just opened would be missed, and another be opened or a shortage named.
    So the waiting is done here, and the reading in a statement that starts afterwards. SQLite's
    writers have queued already.
    """
    if db.engine.dialect.name != "sqlite":
        execute(_TURN, wanted)


def _drawable_statement(
    there: sa.ColumnElement[bool], clinic: sa.ColumnElement[int]
) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what may be drawn of :items ``there``, on day :today, at :at.

    ``clinic``: whose holds keep it back.
    """
    return (
        sa.select(
            *_SOURCE_COLUMNS,
            _HOLD.c.id.label("hold_id"),
            _HOLD.c.quantity.label("hold_quantity"),
            _HOLD.c.held_at,
        )
        .join(_LOT, _LOT.c.id == _BALANCE.c.lot_id)
        .join(_LOCATION, _LOCATION.c.id == _BALANCE.c.location_id)
        .outerjoin(_CONTAINER, _CONTAINER.c.id == _BALANCE.c.container_id)
        .outerjoin(_HOLD, availability.held_here(clinic))
        .where(
            there,
            _BALANCE.c.item_id.in_(sa.bindparam("items", expanding=True)),
            _BALANCE.c.first_in_at <= sa.bindparam("at"),
            availability.drawable(sa.bindparam("today"), sa.bindparam("at")),
        )
        .order_by(_BALANCE.c.id)
    )


# Statements are built once: they run with every session.
_HERE: sa.BindParameter[int] = sa.bindparam("clinic")
_DRAWABLE = _drawable_statement(_BALANCE.c.clinic_id == _HERE, _HERE)
_DRAWABLE_AT = _drawable_statement(
    _BALANCE.c.clinic_id.in_(sa.bindparam("clinics", expanding=True)), _BALANCE.c.clinic_id
).add_columns(_BALANCE.c.clinic_id)
_DRAWABLE_LOCKED = _DRAWABLE.add_columns(
    *ledger.outside_columns(sa.bindparam("clinic"))
).with_for_update(of=_BALANCE)
_TURN = (
    sa.select(_BALANCE.c.id)
    .where(
        _BALANCE.c.clinic_id == sa.bindparam("clinic"),
        _BALANCE.c.item_id.in_(sa.bindparam("items", expanding=True)),
        _BALANCE.c.quantity > sa.literal_column("0"),
    )
    .order_by(_BALANCE.c.id)
    .with_for_update()
)


def plan(needs: Sequence[Need], sources: Iterable[Source]) -> list[CoveredNeed]:
    """Return what each need will draw from ``sources``; items not tracked draw nothing.

    Raises:
        ShortageError: naming every item of which there is too little.
    """
    planned, short = cover(needs, sources)
    if short:
        raise ShortageError(short)
    return planned


def check_not_counted_since(planned: Sequence[CoveredNeed], at: dt.datetime, timezone: str) -> None:
    """Refuse to draw, at ``at``, from a lot that was counted in its place after that.

    Raises:
        CountedSinceError: for the first such lot.
    """
    for step in planned:
        for draw in step.draws:
            counted_at = draw.source.counted_at
            if counted_at is not None and counted_at > at:
                raise CountedSinceError(draw.source.lot_number, counted_at, timezone)


def cover(
    needs: Sequence[Need], sources: Iterable[Source]
) -> tuple[list[CoveredNeed], list[ShortItem]]:
    """Return what each need can draw from ``sources``, and every item of which there is too little.

    What is short still names what there is of it.
    """
    by_item: dict[int, list[Source]] = defaultdict(list)
    for source in sources:
        by_item[source.item_id].append(source)
    planned, short = [], []
    for need in needs:
        if not need.item.tracked:
            continue
        usable = [
            s if need.lot_id is None else s.before_it_was_held()
            for s in by_item[need.item.id]
            if need.lot_id is None or s.lot_id == need.lot_id
        ]
        picked = rules.pick(usable, need.quantity, need.item.dose)
        if picked.short > 0:
            short.append(_short_item(need, usable))
        planned.append(CoveredNeed(need, rules.waste_dead_space(picked.draws, need.dead_space)))
    return planned, short


def _short_item(need: Need, usable: Sequence[Source]) -> ShortItem:
    available = sum((source.quantity for source in usable), ZERO)
    item = need.item
    return ShortItem(item.id, item.code, item.name, item.unit, need.quantity, available)


def moves_for(
    planned: Sequence[CoveredNeed],
    outside: ledger.Outside,
    *,
    at: dt.datetime,
    timezone: str,
) -> list[ledger.MoveDraft]:
    """Return the moves that carry out ``planned`` at ``at``.

    A single-dose container goes straight from sealed to patient and waste. A multi-dose one
    (or a box of pieces) is opened first: its clock starts at ``at``.
    """
    opening = {p.need.item.id for p in planned if p.need.item.dose is not Dose.SINGLE}
    hours = opening_rules(opening) if opening and _opens(planned) else {}
    moves: list[ledger.MoveDraft] = []
    for step in planned:
        for draw in step.draws:
            if step.need.item.dose is not Dose.SINGLE and draw.containers:
                moves += _opened(step.need.item, draw, outside, hours, at, timezone)
            else:
                moves += _straight(step.need, draw, outside)
    return moves


def _opens(planned: Sequence[CoveredNeed]) -> bool:
    return any(
        draw.containers
        for step in planned
        if step.need.item.dose is not Dose.SINGLE
        for draw in step.draws
    )


def opening_rules(item_ids: Collection[int]) -> dict[int, list[tuple[Storage | None, int]]]:
    """Return by item for how many hours an open container lasts in which storage."""
    rows = db.session.execute(
        sa.select(ItemOpeningRule.item_id, ItemOpeningRule.storage, ItemOpeningRule.hours).where(
            ItemOpeningRule.item_id.in_(item_ids)
        )
    )
    found: dict[int, list[tuple[Storage | None, int]]] = defaultdict(list)
    for item_id, storage, hours in rows:
        found[item_id].append((storage, hours))
    return found


def _straight(need: Need, draw: Draw, outside: ledger.Outside) -> list[ledger.MoveDraft]:
    cause = cause_of(need.item)
    ends = ((outside.patient, draw.taken, None), (outside.waste, draw.wasted, cause))
    return [
        _move(draw.source, draw.source.container_id, to, quantity, why)
        for to, quantity, why in ends
        if quantity > 0
    ]


def cause_of(item: UsedItem) -> WasteCause:
    """Return why drawing wastes some of ``item``: what one patient leaves, or the syringe."""
    if item.dose is Dose.SINGLE:
        return WasteCause.SINGLE_DOSE_REMAINDER
    return WasteCause.DEAD_SPACE


def _opened(
    item: UsedItem,
    draw: Draw,
    outside: ledger.Outside,
    hours: Mapping[int, list[tuple[Storage | None, int]]],
    at: dt.datetime,
    timezone: str,
) -> list[ledger.MoveDraft]:
    """Return the moves that open ``draw.containers`` and draw from them, the last one last."""
    source = draw.source
    moves = []
    given, wasted = draw.taken, draw.wasted
    for _index in range(draw.containers):
        container = open_clock(item, source, hours.get(item.id, []), at, timezone)
        moves.append(
            _move(source, None, source.location_id, source.content, None)._replace(
                to_container=container
            )
        )
        taken = min(given, source.content)
        lost = min(wasted, source.content - taken)
        given, wasted = given - taken, wasted - lost
        ends = ((outside.patient, taken, None), (outside.waste, lost, cause_of(item)))
        moves += [
            _move(source, container, to, quantity, cause)
            for to, quantity, cause in ends
            if quantity > 0
        ]
    return moves


def open_clock(
    item: UsedItem,
    source: Source,
    opening_rules: Sequence[tuple[Storage | None, int]],
    at: dt.datetime,
    timezone: str,
) -> ledger.NewContainer:
    """Return the container that opening ``source`` at ``at`` makes, with its clock."""
    hours = rules.discard_hours(opening_rules, source.storage, injectable=item.injectable)
    expiry_ends = clock.end_of_day(source.expiry, timezone) if source.expiry else None
    return ledger.NewContainer(source.lot_id, at, rules.discard_at(at, hours, expiry_ends))


def _move(
    source: Source,
    container: ledger.ContainerRef,
    to_location_id: int,
    quantity: Decimal,
    cause: WasteCause | None,
) -> ledger.MoveDraft:
    return ledger.MoveDraft(
        item_id=source.item_id,
        lot_id=source.lot_id,
        content=source.content,
        from_location_id=source.location_id,
        to_location_id=to_location_id,
        quantity=quantity,
        from_container=container,
        cause=cause,
    )


@dataclass(frozen=True, slots=True)
class _Locked:
    """A balance row that is drawn from, as the ledger needs it."""

    id: int
    quantity: Decimal
    costed: Decimal
    cost_minor: int


def places_of(planned: Sequence[CoveredNeed]) -> dict[ledger.Place, ledger.Locked]:
    """Return the locked balance rows that ``planned`` draws from."""
    return {
        (source.location_id, source.lot_id, source.container_id): _Locked(
            source.balance_id, source.quantity + source.held, source.costed, source.cost_minor
        )
        for source in (draw.source for step in planned for draw in step.draws)
    }


def drawn_by(planned: Sequence[CoveredNeed]) -> tuple[list[Drawn], list[Drawn]]:
    """Return what goes to the patient and what is wasted, one row per item and lot each."""
    given: dict[tuple[int, int], Drawn] = {}
    wasted: dict[tuple[int, int], Drawn] = {}
    for step in planned:
        for draw in step.draws:
            _add(given, draw.source, draw.taken, None)
            _add(wasted, draw.source, draw.wasted, cause_of(step.need.item))
    return list(given.values()), list(wasted.values())


def _add(
    rows: dict[tuple[int, int], Drawn],
    source: Source,
    quantity: Decimal,
    cause: WasteCause | None,
) -> None:
    if quantity <= 0:
        return
    key = (source.item_id, source.lot_id)
    before = rows[key].quantity if key in rows else ZERO
    rows[key] = Drawn(source.item_id, source.lot_id, source.lot_number, before + quantity, cause)
