"""The stock ledger: posting entries of moves, and reversing them.

Every change to stock goes through :func:`post` (or :func:`reverse`), in the
caller's transaction. Balances are locked in primary-key order by whoever reads
them first; the database itself refuses a negative balance or a broken sealed
container.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import AnyRow, db, execute, table, upsert
from supply.inventory.arrivals import tell_of_arrival
from supply.inventory.costs import NOT_KNOWN, Cost, Running
from supply.inventory.models import Balance, Container, Entry, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO
from supply.refusals import InvalidInput

BALANCE = table(Balance)
CONTAINER = table(Container)
ENTRY = table(Entry)
MOVE = table(Move)
LOCATION = table(Location)

FINDINGS = frozenset({EntryKind.CORRECTION, EntryKind.COUNT, EntryKind.OVERFILL})
"""Entries that may find more than was recorded: it cost as much as what lies there."""

# Statements are built once: they run with every entry.
_INSERT_ENTRY = sa.insert(ENTRY).returning(ENTRY.c.id)
_INSERT_CONTAINERS = sa.insert(CONTAINER).returning(CONTAINER.c.id, sort_by_parameter_order=True)
_INSERT_MOVES = sa.insert(MOVE)
_INSERT_BALANCES = sa.insert(BALANCE)
_CHANGE_BALANCE = (
    sa.update(BALANCE)
    .where(BALANCE.c.id == sa.bindparam("balance"))
    .values(
        quantity=BALANCE.c.quantity + sa.bindparam("change", type_=BALANCE.c.quantity.type),
        costed=BALANCE.c.costed + sa.bindparam("costed_change", type_=BALANCE.c.costed.type),
        cost_minor=BALANCE.c.cost_minor + sa.bindparam("cost_change"),
    )
)
_OUTSIDE = (
    LocationKind.SUPPLIER,
    LocationKind.PATIENT,
    LocationKind.WASTE,
    LocationKind.DIFFERENCE,
)
_SELECT_OUTSIDE = sa.select(LOCATION.c.kind, LOCATION.c.id).where(
    LOCATION.c.clinic_id == sa.bindparam("clinic"), LOCATION.c.kind != LocationKind.SHELF
)


@dataclass(frozen=True, slots=True)
class Outside:
    """A clinic's places beyond its shelves, by location id; only transit carries balances.

    A depot has a place for its ``customer`` besides.
    """

    supplier: int
    patient: int
    waste: int
    difference: int
    customer: int | None = None

    def ids(self) -> frozenset[int]:
        """Return the ids that carry no balance."""
        all_have = (self.supplier, self.patient, self.waste, self.difference)
        return frozenset(all_have if self.customer is None else (*all_have, self.customer))


@dataclass(eq=False, slots=True)
class NewContainer:
    """A container opened by the entry being posted; its id is known once posted."""

    lot_id: int
    opened_at: dt.datetime
    discard_at: dt.datetime | None
    id: int | None = None


ContainerRef = NewContainer | int | None


class MoveDraft(NamedTuple):
    """A move to post. A container side of None is sealed stock or the outside.

    ``cause`` is why it is wasted, if it is. ``cost`` is what comes in from outside cost, or
    what an undo gives back; whatever else leaves a place takes its share of what is there (None).
    """

    item_id: int
    lot_id: int
    content: Decimal
    from_location_id: int
    to_location_id: int
    quantity: Decimal
    from_container: ContainerRef = None
    to_container: ContainerRef = None
    note: str | None = None
    cause: WasteCause | None = None
    cost: Cost | None = None


Place = tuple[int, int, ContainerRef]
"""Where a balance is: location, lot, container (None: sealed)."""


class Locked(Protocol):
    """A balance row that the caller has locked: what was there, and what it cost."""

    @property
    def id(self) -> int:
        """Primary key."""

    @property
    def quantity(self) -> Decimal:
        """All that is there, holds and promises included."""

    @property
    def costed(self) -> Decimal:
        """For how much of it the cost is known."""

    @property
    def cost_minor(self) -> int:
        """What that much cost, in the clinic's currency."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry to post: what happened, when, why, from which document."""

    clinic_id: int
    kind: EntryKind
    occurred_at: dt.datetime
    moves: Sequence[MoveDraft]
    reason: str = ""
    source: tuple[str, int] | None = None
    key: str | None = None
    reverses_id: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


def outside_of(clinic_id: int) -> Outside:
    """Return the outside places of a clinic."""
    rows = execute(_SELECT_OUTSIDE, {"clinic": clinic_id})
    by_kind = {row.kind: row.id for row in rows}
    places = {place.value: by_kind[place] for place in _OUTSIDE}
    return Outside(**places, customer=by_kind.get(LocationKind.CUSTOMER))


def outside_columns(clinic: sa.ColumnElement[int]) -> list[sa.Label[int]]:
    """Return the outside places of ``clinic`` as columns for a statement that runs anyway."""
    return [
        sa.select(LOCATION.c.id)
        .where(LOCATION.c.clinic_id == clinic, LOCATION.c.kind == place)
        .correlate(None)
        .scalar_subquery()
        .label(f"outside_{place}")
        for place in _OUTSIDE
    ]


def outside_in(row: AnyRow) -> Outside:
    """Return the outside places in a row that has :func:`outside_columns`."""
    return Outside(
        row.outside_supplier, row.outside_patient, row.outside_waste, row.outside_difference
    )


def check_not_ahead(occurred_at: dt.datetime, now: dt.datetime) -> None:
    """Refuse an entry dated forward.

    Raises:
        InvalidInput: ``occurred_at`` lies after ``now``.
    """
    if occurred_at > now:
        sentence = _("This lies in the future. Give a time up to now.")
        raise InvalidInput(("occurred_at", sentence))


def post(
    draft: Draft,
    outside: Outside,
    known: Mapping[Place, Locked],
    *,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Write ``draft`` to the ledger and its balances; return the entry's id.

    ``known`` maps places to the balance rows the caller has locked; a place it does not name
    may only be added to. Each move takes its cost along. Writes the audit row.

    Raises:
        InvalidInput: dated forward.
        ValueError: a move to or from waste has no cause, or another has one.
        IntegrityError: a balance would go below zero (callers check first, under lock).
    """
    check_not_ahead(draft.occurred_at, now)
    _check_causes(draft.moves, outside)
    entry_id = _insert_entry(draft, actor, now)
    _insert_containers(draft)
    costs = _costs(draft, outside, known)
    _insert_moves(entry_id, draft, costs)
    _apply(draft, costs, outside.ids(), known)
    audit.record(
        actor,
        f"ledger.{draft.kind}",
        ("entry", entry_id),
        now,
        clinic_id=draft.clinic_id,
        after={"moves": len(draft.moves), "reason": draft.reason, **draft.facts},
    )
    _tell_of_arrivals(draft.moves, outside, actor, now)
    return entry_id


def _tell_of_arrivals(
    moves: Iterable[MoveDraft], outside: Outside, actor: Actor, now: dt.datetime
) -> None:
    away = outside.ids()
    came = {move.lot_id for move in moves if move.from_location_id in away}
    if came:
        tell_of_arrival(came, actor, now)


def _check_causes(moves: Iterable[MoveDraft], outside: Outside) -> None:
    """Refuse waste that nobody could add up: an error in our own code, never a person's."""
    for move in moves:
        wasted = outside.waste in (move.from_location_id, move.to_location_id)
        if wasted != (move.cause is not None):
            raise ValueError("a move has a cause when, and only when, it is waste")


def _insert_entry(draft: Draft, actor: Actor, now: dt.datetime) -> int:
    source_type, source_id = draft.source or (None, None)
    inserted = execute(
        _INSERT_ENTRY,
        {
            "clinic_id": draft.clinic_id,
            "kind": draft.kind,
            "occurred_at": draft.occurred_at,
            "recorded_at": now,
            "person_id": actor.person_id,
            "reason": draft.reason,
            "source_type": source_type,
            "source_id": source_id,
            "idempotency_key": draft.key,
            "reverses_id": draft.reverses_id,
        },
    )
    return int(inserted.scalar_one())


def _insert_containers(draft: Draft) -> None:
    opened = [m.to_container for m in draft.moves if isinstance(m.to_container, NewContainer)]
    if not opened:
        return
    ids = execute(
        _INSERT_CONTAINERS,
        [
            {
                "clinic_id": draft.clinic_id,
                "lot_id": container.lot_id,
                "opened_at": container.opened_at,
                "discard_at": container.discard_at,
            }
            for container in opened
        ],
    ).scalars()
    for container, container_id in zip(opened, ids, strict=True):
        container.id = container_id


def _costs(draft: Draft, outside: Outside, known: Mapping[Place, Locked]) -> list[Cost]:
    """Return what each move takes along of what the stock cost."""
    unbalanced = outside.ids()
    running = Running(known)
    found = []
    for move in draft.moves:
        source = (move.from_location_id, move.lot_id, move.from_container)
        target = (move.to_location_id, move.lot_id, move.to_container)
        if move.from_location_id not in unbalanced:
            cost = running.take(source, move.quantity, move.cost)
        elif move.cost is None and draft.kind in FINDINGS:
            cost = running.more_of(target, move.quantity)
        else:
            cost = move.cost or NOT_KNOWN
        if move.to_location_id not in unbalanced:
            running.put(target, move.quantity, cost)
        found.append(cost)
    return found


def _insert_moves(entry_id: int, draft: Draft, costs: Sequence[Cost]) -> None:
    execute(
        _INSERT_MOVES,
        [
            {
                "entry_id": entry_id,
                "clinic_id": draft.clinic_id,
                "item_id": move.item_id,
                "lot_id": move.lot_id,
                "from_location_id": move.from_location_id,
                "from_container_id": container_id(move.from_container),
                "to_location_id": move.to_location_id,
                "to_container_id": container_id(move.to_container),
                "quantity": move.quantity,
                "note": move.note,
                "cause": move.cause,
                "costed": cost.costed,
                "cost_minor": cost.minor,
            }
            for move, cost in zip(draft.moves, costs, strict=True)
        ],
    )


def container_id(container: ContainerRef) -> int | None:
    """Return the id of a container side, or None for sealed stock and the outside."""
    return container.id if isinstance(container, NewContainer) else container


def turned(move: MoveDraft) -> MoveDraft:
    """Return ``move`` the other way round."""
    return move._replace(
        from_location_id=move.to_location_id,
        to_location_id=move.from_location_id,
        from_container=move.to_container,
        to_container=move.from_container,
    )


def deltas(moves: Iterable[MoveDraft], unbalanced: Collection[int]) -> dict[Place, Decimal]:
    """Return by how much each balance changes, places of ``unbalanced`` locations left out."""
    changes: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    for move in moves:
        if move.from_location_id not in unbalanced:
            changes[(move.from_location_id, move.lot_id, move.from_container)] -= move.quantity
        if move.to_location_id not in unbalanced:
            changes[(move.to_location_id, move.lot_id, move.to_container)] += move.quantity
    return {place: change for place, change in changes.items() if change}


@dataclass(slots=True)
class _Change:
    """By how much a balance changes."""

    quantity: Decimal = ZERO
    costed: Decimal = ZERO
    cost_minor: int = 0

    def add(self, quantity: Decimal, cost: Cost, sign: int) -> None:
        self.quantity += sign * quantity
        self.costed += sign * cost.costed
        self.cost_minor += sign * cost.minor


def _changes(
    moves: Sequence[MoveDraft], costs: Sequence[Cost], unbalanced: Collection[int]
) -> dict[Place, _Change]:
    """Return what changes in each place that carries a balance; what cancels out is left out."""
    found: dict[Place, _Change] = defaultdict(_Change)
    for move, cost in zip(moves, costs, strict=True):
        if move.from_location_id not in unbalanced:
            source = (move.from_location_id, move.lot_id, move.from_container)
            found[source].add(move.quantity, cost, -1)
        if move.to_location_id not in unbalanced:
            target = (move.to_location_id, move.lot_id, move.to_container)
            found[target].add(move.quantity, cost, 1)
    return {place: change for place, change in found.items() if change.quantity}


def _apply(
    draft: Draft,
    costs: Sequence[Cost],
    unbalanced: Collection[int],
    known: Mapping[Place, Locked],
) -> None:
    changes = _changes(draft.moves, costs, unbalanced)
    updates = [
        {
            "balance": known[place].id,
            "change": change.quantity,
            "costed_change": change.costed,
            "cost_change": change.cost_minor,
        }
        for place, change in changes.items()
        if place in known
    ]
    if updates:
        execute(
            _CHANGE_BALANCE,
            sorted(updates, key=itemgetter("balance")),
        )
    facts = {move.lot_id: move for move in draft.moves}
    fresh = [
        _fresh_row(draft, place, change, facts[place[1]])
        for place, change in changes.items()
        if place not in known
    ]
    _add_sealed([row for row in fresh if row["container_id"] is None])
    _add_open([row for row in fresh if row["container_id"] is not None])


def _fresh_row(draft: Draft, place: Place, change: _Change, move: MoveDraft) -> dict[str, Any]:
    location_id, lot_id, container = place
    return {
        "clinic_id": draft.clinic_id,
        "item_id": move.item_id,
        "lot_id": lot_id,
        "location_id": location_id,
        "container_id": container_id(container),
        "quantity": change.quantity,
        "costed": change.costed,
        "cost_minor": change.cost_minor,
        "content_per_container": move.content,
        "first_in_at": draft.occurred_at,
    }


def _add_sealed(rows: list[dict[str, Any]]) -> None:
    """Add sealed stock where no row was locked: a twin may make the row first, so upsert."""
    if not rows:
        return
    statement = upsert(BALANCE)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[BALANCE.c.location_id, BALANCE.c.lot_id],
            index_where=BALANCE.c.container_id.is_(None),
            set_={
                "quantity": BALANCE.c.quantity + statement.excluded.quantity,
                "costed": BALANCE.c.costed + statement.excluded.costed,
                "cost_minor": BALANCE.c.cost_minor + statement.excluded.cost_minor,
                # Where nothing was left, what is there now came now.
                "first_in_at": sa.case(
                    (
                        sa.or_(
                            BALANCE.c.quantity == sa.literal_column("0"),
                            statement.excluded.first_in_at < BALANCE.c.first_in_at,
                        ),
                        statement.excluded.first_in_at,
                    ),
                    else_=BALANCE.c.first_in_at,
                ),
            },
        ),
        sorted(rows, key=itemgetter("location_id", "lot_id")),
    )


def _add_open(rows: list[dict[str, Any]]) -> None:
    if rows:
        execute(_INSERT_BALANCES, rows)


def lock_places(places: Collection[Place]) -> dict[Place, AnyRow]:
    """Lock the balance rows at ``places``, in primary-key order; return those that exist.

    Each row is a :class:`Locked` with ``counted_at`` and ``first_in_at``.
    """
    wanted = {(p[0], p[1], container_id(p[2])): p for p in places}
    rows = db.session.execute(
        sa.select(
            BALANCE.c.id,
            BALANCE.c.quantity,
            BALANCE.c.costed,
            BALANCE.c.cost_minor,
            BALANCE.c.counted_at,
            BALANCE.c.first_in_at,
            BALANCE.c.location_id,
            BALANCE.c.lot_id,
            BALANCE.c.container_id,
        )
        .where(
            BALANCE.c.lot_id.in_({place[1] for place in places}),
            BALANCE.c.location_id.in_({place[0] for place in places}),
        )
        .order_by(BALANCE.c.id)
        .with_for_update()
    )
    found = {}
    for row in rows:
        place = wanted.get((row.location_id, row.lot_id, row.container_id))
        if place is not None:
            found[place] = row
    return found
