"""What was lost and what was used in time, from the ledger: what was undone counts for nothing."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import end_of_day, local_date
from supply.db import Quantity, execute
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.terms import EntryKind
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.losses import rules
from supply.losses.between import stands
from supply.losses.rules import Lost, Month

_LOST = (LocationKind.WASTE, LocationKind.DIFFERENCE)


def month_at(clinic: Clinic, first: dt.date) -> Month:
    """Return what was lost at ``clinic`` in the month from ``first`` on, on its own calendar.

    Costs are those of when it happened. Two statements.
    """
    last = rules.after(first) - dt.timedelta(days=1)
    asked = {
        "clinic": clinic.id,
        "begins": end_of_day(first - dt.timedelta(days=1), clinic.timezone),
        "ends": end_of_day(last, clinic.timezone),
    }
    lost = [
        Lost(row.item_id, row.name, row.cause, int(row.minor), row.quantity, row.unpriced)
        for row in execute(_lost(), asked)
    ]
    near = {**asked, "near": last + dt.timedelta(days=clinic.expiring_days)}
    in_time = sum(
        row.cost_minor
        for row in execute(_used(), near)
        if _was_near(row.expiry, local_date(row.occurred_at, clinic.timezone), clinic)
    )
    return Month(first, lost, in_time)


def _was_near(expiry: dt.date, day: dt.date, clinic: Clinic) -> bool:
    return (expiry - day).days <= clinic.expiring_days


def _happened() -> sa.ColumnElement[bool]:
    return sa.and_(
        Entry.clinic_id == sa.bindparam("clinic"),
        Entry.occurred_at >= sa.bindparam("begins"),
        Entry.occurred_at < sa.bindparam("ends"),
    )


@cache
def _lost() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what went to waste, and what was missed or found, by item and cause."""
    to_place, from_place = sa.orm.aliased(Location), sa.orm.aliased(Location)
    gone = to_place.kind.in_(_LOST)
    sign = sa.case((gone, 1), else_=-1)
    return (
        sa.select(
            Move.item_id,
            Item.name,
            Move.cause,
            sa.func.sum(sign * Move.cost_minor).label("minor"),
            sa.func.sum(sign * Move.quantity, type_=Quantity()).label("quantity"),
            sa.func.sum(Move.quantity - Move.costed, type_=Quantity()).label("unpriced"),
        )
        .join(Entry, Entry.id == Move.entry_id)
        .join(Item, Item.id == Move.item_id)
        .join(to_place, to_place.id == Move.to_location_id)
        .join(from_place, from_place.id == Move.from_location_id)
        .where(
            _happened(),
            stands(),
            Entry.kind != EntryKind.OPENING_BALANCE,
            sa.or_(gone, from_place.kind == LocationKind.DIFFERENCE),
        )
        .group_by(Move.item_id, Item.name, Move.cause)
        .order_by(Move.item_id, Move.cause)
    )


@cache
def _used() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what patients were given of lots that expire by :near."""
    to_place = sa.orm.aliased(Location)
    return (
        sa.select(Lot.expiry, Entry.occurred_at, Move.cost_minor)
        .select_from(Move)
        .join(Entry, Entry.id == Move.entry_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(to_place, to_place.id == Move.to_location_id)
        .where(
            _happened(),
            stands(),
            to_place.kind == LocationKind.PATIENT,
            Lot.expiry <= sa.bindparam("near"),
        )
    )
