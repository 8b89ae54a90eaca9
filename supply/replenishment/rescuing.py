"""Lots that would expire unused at one clinic and are needed at a sister clinic: brought over."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic
from supply.alerts.scope import Scope, read_scope
from supply.db import db, table
from supply.inventory.models import Lot
from supply.items.models import ClinicItem
from supply.need.foreseeing import Foresight, Target, foresee
from supply.quantity import ZERO, as_text
from supply.replenishment.models import ProposedTransfer

CLINIC, HERE, LOT, TRANSFER = map(table, (Clinic, ClinicItem, Lot, ProposedTransfer))


@dataclass(frozen=True, slots=True)
class Transfer:
    """A quantity of a lot for one clinic to have brought over from another, by a day."""

    clinic_id: int
    from_clinic_id: int
    item_id: int
    lot_id: int
    quantity: Decimal
    by: dt.date
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rescue:
    """What is brought over for an item, and the facts that say so."""

    transfer: Transfer
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Ending:
    """What is expected to be left of a lot at a clinic when it ends: whole sealed containers."""

    clinic_id: int
    clinic: str
    lot_id: int
    lot: str
    last: dt.date
    quantity: Decimal


def rescue(ahead: Foresight, wanted: Sequence[int]) -> dict[int, Rescue]:
    """Return by row of ``ahead`` what a sister clinic would let expire and that item needs.

    For the rows ``wanted``, in that order, each at most one lot: the one that ends first of those
    it can use in time. What is brought to one is no longer there for the next.
    """
    if not wanted:
        return {}
    endings = _endings(ahead, wanted)
    found: dict[int, Rescue] = {}
    for row in wanted:
        target = ahead.targets[row]
        for place, ending in enumerate(endings.get(target.item_id, ())):
            quantity = min(ending.quantity, _usable_there(ahead, row, ending.last))
            content = ahead.item(row).content_per_container
            quantity -= quantity % content
            if ending.clinic_id == target.clinic_id or quantity <= 0:
                continue
            found[row] = _brought(ahead, row, ending, quantity)
            left = ending.quantity - quantity
            endings[target.item_id][place] = _Ending(
                ending.clinic_id, ending.clinic, ending.lot_id, ending.lot, ending.last, left
            )
            break
    return found


def _usable_there(ahead: Foresight, row: int, last: dt.date) -> Decimal:
    """Return what an item is expected to need until ``last`` beyond what there is, or comes."""
    today = ahead.scope.places[ahead.targets[row].clinic_id].today
    lacking = ahead.lacking(row, (last - today).days + 1)
    asked = float(ahead.made.packs[row]) * float(ahead.ahead.terms.pack[row])
    return max(min(lacking, ahead.base(row, asked)), ZERO)


def _brought(ahead: Foresight, row: int, ending: _Ending, quantity: Decimal) -> Rescue:
    target = ahead.targets[row]
    today = ahead.scope.places[target.clinic_id].today
    short = ahead.day(row, int(ahead.made.first_short[row]))
    by = max(min(ending.last, short or ending.last), today)
    facts = {
        "brought": as_text(quantity),
        "from_clinic": ending.clinic,
        "lot": ending.lot,
        "lot_ends": ending.last.isoformat(),
        "bring_by": by.isoformat(),
    }
    transfer = Transfer(
        target.clinic_id, ending.clinic_id, target.item_id, ending.lot_id, quantity, by, facts
    )
    return Rescue(transfer, facts)


def _endings(ahead: Foresight, wanted: Sequence[int]) -> dict[int, list[_Ending]]:
    """Return by item what sister clinics are expected to have left of lots, by their ends.

    What is proposed to be brought elsewhere by another sweep is left out.
    """
    item_ids = sorted({ahead.targets[row].item_id for row in wanted})
    clinic_ids = sorted({ahead.targets[row].clinic_id for row in wanted})
    targets = _sisters(clinic_ids, item_ids)
    if not targets:
        return {}
    there = foresee(read_scope(ahead.scope.now, {target.clinic_id for target in targets}), targets)
    lots = _lots(there, range(len(targets)))
    spoken_for = _spoken_for(set(lots), clinic_ids)
    found: dict[int, list[_Ending]] = defaultdict(list)
    for row, target in enumerate(targets):
        for lot_id, last, left in there.ending(row):
            quantity = _sealed(there, row, lot_id, left) - spoken_for.get(
                (target.clinic_id, lot_id), ZERO
            )
            if quantity > 0:
                number, clinic = lots[lot_id], _names(there)[target.clinic_id]
                found[target.item_id].append(
                    _Ending(target.clinic_id, clinic, lot_id, number, last, quantity)
                )
    return {
        item_id: sorted(some, key=lambda one: (one.last, one.lot_id))
        for item_id, some in found.items()
    }


def _sealed(there: Foresight, row: int, lot_id: int, left: Decimal) -> Decimal:
    """Return of what is expected to be left of a lot the whole containers still sealed."""
    content: Decimal = there.item(row).content_per_container
    sealed = sum(
        (one.quantity for one in there.usable_of(row) if one.lot_id == lot_id and not one.opened),
        ZERO,
    )
    quantity = min(left, sealed)
    return quantity - quantity % content


def _names(there: Foresight) -> dict[int, str]:
    rows = db.session.execute(
        sa.select(CLINIC.c.id, CLINIC.c.name).where(CLINIC.c.id.in_(list(there.scope.places)))
    )
    return {row.id: row.name for row in rows}


def _sisters(clinic_ids: Collection[int], item_ids: Collection[int]) -> list[Target]:
    """Return the items at all clinics of the practices of ``clinic_ids`` that keep them.

    A practice with one clinic has none to ask.
    """
    asking = sa.select(CLINIC.c.practice_id).where(CLINIC.c.id.in_(clinic_ids))
    several = (
        sa.select(CLINIC.c.practice_id)
        .where(CLINIC.c.practice_id.in_(asking), no_depot(CLINIC.c.id))
        .group_by(CLINIC.c.practice_id)
        .having(sa.func.count() > 1)
    )
    rows = db.session.execute(
        sa.select(HERE.c.clinic_id, HERE.c.item_id)
        .join(CLINIC, CLINIC.c.id == HERE.c.clinic_id)
        .where(
            CLINIC.c.practice_id.in_(several),
            no_depot(CLINIC.c.id),
            HERE.c.item_id.in_(item_ids),
            HERE.c.tracked,
        )
        .order_by(HERE.c.clinic_id, HERE.c.item_id)
    )
    return [Target(clinic_id, item_id, 0.97) for clinic_id, item_id in rows]


def _lots(there: Foresight, rows: Iterable[int]) -> dict[int, str]:
    ids = {lot_id for row in rows for lot_id, _day, _left in there.ending(row)}
    query = sa.select(LOT.c.id, LOT.c.number).where(LOT.c.id.in_(ids))
    return {row.id: row.number for row in db.session.execute(query)}


def _spoken_for(lot_ids: Collection[int], but: Collection[int]) -> dict[tuple[int, int], Decimal]:
    """Return by clinic and lot what is proposed for clinics other than ``but``."""
    query = (
        sa.select(
            TRANSFER.c.from_clinic_id,
            TRANSFER.c.lot_id,
            sa.func.sum(TRANSFER.c.quantity, type_=TRANSFER.c.quantity.type).label("quantity"),
        )
        .where(TRANSFER.c.lot_id.in_(lot_ids), TRANSFER.c.clinic_id.not_in(but))
        .group_by(TRANSFER.c.from_clinic_id, TRANSFER.c.lot_id)
    )
    return {(row.from_clinic_id, row.lot_id): row.quantity for row in db.session.execute(query)}


def rewrite_transfers(scope: Scope, transfers: Sequence[Transfer]) -> None:
    """Make what is proposed to be brought to the clinics of ``scope`` exactly ``transfers``."""
    wanted = {
        (one.clinic_id, one.from_clinic_id, one.lot_id): {
            "clinic_id": one.clinic_id,
            "from_clinic_id": one.from_clinic_id,
            "item_id": one.item_id,
            "lot_id": one.lot_id,
            "quantity": one.quantity,
            "by": one.by,
            "facts": one.facts,
        }
        for one in transfers
    }
    query = sa.select(TRANSFER).where(
        scope.limit(TRANSFER.c.clinic_id), scope.about(TRANSFER.c.item_id)
    )
    present = {
        (row.clinic_id, row.from_clinic_id, row.lot_id): row for row in db.session.execute(query)
    }
    gone = [
        row.id
        for key, row in present.items()
        if wanted.get(key) != {name: row._mapping[name] for name in wanted.get(key, {})}
    ]
    if gone:
        db.session.execute(sa.delete(TRANSFER).where(TRANSFER.c.id.in_(gone)))
    kept = {key for key, row in present.items() if row.id not in gone}
    fresh = [row for key, row in sorted(wanted.items()) if key not in kept]
    if fresh:
        db.session.execute(sa.insert(TRANSFER), fresh)
