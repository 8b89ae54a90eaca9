"""Checking the ledger: what is kept beside it, recomputed from its moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

import sqlalchemy as sa

from supply.db import db
from supply.inventory.ledger import BALANCE, MOVE
from supply.inventory.models import Container
from supply.inventory.terms import BALANCED_KINDS
from supply.items.models import Location
from supply.quantity import ZERO

Check = Callable[[], list[str]]

_CHECKS: list[Check] = []

APPEND_ONLY = (
    "entry",
    "move",
    "audit_row",
    "order_event",
    "settlement",
    "seal",
    "adverse_event",
    "adverse_event_lot",
    "adverse_event_note",
)
"""Tables whose rows, once written, stay: the database itself refuses to change them."""


def also_verify(check: Check) -> Check:
    """Register what a room above checks besides: a sentence for each difference."""
    _CHECKS.append(check)
    return check


def verify() -> list[str]:
    """Compare all that is kept with what it was counted from; a sentence for each difference.

    Reads grouped sums and compares them, so it needs no lock; run it within one transaction to
    see one state.
    """
    found = [*_missing_triggers(), *_balances(), *_strange_containers()]
    for check in _CHECKS:
        found.extend(check())
    return found


def _missing_triggers() -> list[str]:
    """Say which triggers are gone that keep rows from being changed."""
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        kinds: tuple[str, ...] = ("update", "delete", "replace")
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        kinds = ("change", "truncate")
    present = set(db.session.scalars(sa.text(query)))
    wanted = [(table, f"{table}_refuses_{kind}") for table in APPEND_ONLY for kind in kinds]
    return [
        f"table {guarded}: the trigger {name} that keeps its rows is gone"
        for guarded, name in wanted
        if name not in present
    ]


def _strange_containers() -> list[str]:
    """Say which open containers hold another lot than they were opened from."""
    rows = db.session.execute(
        sa.select(BALANCE.c.container_id, BALANCE.c.lot_id, Container.lot_id.label("opened"))
        .join(Container, Container.id == BALANCE.c.container_id)
        .where(BALANCE.c.lot_id != Container.lot_id)
    )
    return [
        f"container {row.container_id}: opened from lot {row.opened}, it holds lot {row.lot_id}"
        for row in rows
    ]


def _balances() -> list[str]:
    """Recompute every balance from the moves."""
    moved = _moved_sums()
    differences: list[str] = []
    balances = db.session.execute(
        sa.select(
            BALANCE.c.location_id, BALANCE.c.lot_id, BALANCE.c.container_id, BALANCE.c.quantity
        )
    )
    for row in balances:
        expected = moved.pop((row.location_id, row.lot_id, row.container_id), ZERO)
        if expected != row.quantity:
            differences.append(
                f"location {row.location_id}, lot {row.lot_id}, container {row.container_id}: "
                f"the moves say {expected}, the balance {row.quantity}"
            )
    differences.extend(
        f"location {place[0]}, lot {place[1]}, container {place[2]}: "
        f"the moves say {expected}, no balance"
        for place, expected in moved.items()
        if expected
    )
    return differences


def _moved_sums() -> dict[tuple[int, int, int | None], Decimal]:
    sums: dict[tuple[int, int, int | None], Decimal] = defaultdict(lambda: ZERO)
    sides = (
        (MOVE.c.from_location_id, MOVE.c.from_container_id, -1),
        (MOVE.c.to_location_id, MOVE.c.to_container_id, 1),
    )
    for location, container, sign in sides:
        rows = db.session.execute(
            sa.select(location, MOVE.c.lot_id, container, sa.func.sum(MOVE.c.quantity))
            .join(Location, Location.id == location)
            .where(Location.kind.in_(BALANCED_KINDS))
            .group_by(location, MOVE.c.lot_id, container)
        )
        for location_id, lot_id, container_id, total in rows:
            sums[(location_id, lot_id, container_id)] += sign * total
    return sums
