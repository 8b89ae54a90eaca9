"""What needs someone at a clinic today: read in a fixed number of statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import local_date
from supply.db import Quantity, db
from supply.fulfilment import queries as fulfilment
from supply.inventory import queries as inventory
from supply.inventory.models import Balance, ClinicItem, Entry, Item, Location, Move
from supply.inventory.queries import Level
from supply.inventory.terms import EntryKind, LocationKind
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES
from supply.quantity import ZERO
from supply.replenishment import current
from supply.replenishment import queries as replenishment
from supply.replenishment.current import Wanted
from supply.replenishment.models import Alert
from supply.replenishment.terms import AlertKind, AlertStatus
from supply.today import rules
from supply.today.rules import Shortage, days_of_cover
from supply.treatments import queries as treatments
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SessionStatus

DAYS_AHEAD = 7
USE_DAYS = 28
COVER_SHOWN = 6

Levels = Mapping[tuple[int, int], Level]

TO_DISCARD = (AlertKind.OPEN_PAST_TIME, AlertKind.EXPIRED, AlertKind.EXPIRING)
"""Kinds of the third list, the most urgent first."""

_SEEN = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Coming:
    """What open orders still bring of an item, in its base unit, and the first day of it."""

    quantity: Decimal
    expected_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Short:
    """An item short for booked sessions, with what is coming and what to order of it."""

    shortage: Shortage
    item: Item
    coming: Coming | None
    wanted: Wanted | None


@dataclass(frozen=True, slots=True)
class Out:
    """An item out, or low, that nothing can be proposed for; ``facts`` has the figures of now."""

    alert: Alert
    facts: Mapping[str, Any]

    @property
    def on_order(self) -> bool:
        """Whether some of it is on order."""
        return Decimal(self.facts["on_order"]) > 0


@dataclass(frozen=True, slots=True)
class ToDiscard:
    """An alert on a lot or open container, and where what it is about lies."""

    alert: Alert
    balance_id: int
    containers: int | None
    """Sealed containers there; None for an open one."""


@dataclass(frozen=True, slots=True)
class Cover:
    """How many days what is available of an item lasts, at the use of the last four weeks."""

    item: Item
    days: int


@dataclass(frozen=True, slots=True)
class Today:
    """All that the page shows."""

    stocked: int
    short: Sequence[Short]
    to_order: Sequence[Wanted]
    """What to order, without what ``short`` names already."""
    out: Sequence[Out]
    to_discard: Sequence[ToDiscard]
    arriving: fulfilment.Arriving
    week: Sequence[tuple[dt.date, int]]
    cover: Sequence[Cover]


def today_at(clinic: Clinic, now: dt.datetime) -> Today:
    """Return what needs someone at ``clinic`` today, on the clinic's own calendar."""
    today = local_date(now, clinic.timezone)
    wanted = {line.proposal.item_id: line for line in current.wanted(clinic.id, now=now)}
    levels = inventory.levels([clinic.id], None, now=now)
    shortages = _shortages(clinic, levels, today)
    alerts = replenishment.open_alerts(clinic.id, _SEEN)
    days = _cover_days(clinic, levels, _used(clinic, now))
    lacking = {shortage.item_id for shortage in shortages}
    items = _items({*lacking, *days})
    coming = _coming(clinic, lacking)
    return Today(
        stocked=_stocked(clinic),
        short=[
            Short(
                shortage,
                items[shortage.item_id],
                coming.get(shortage.item_id),
                wanted.get(shortage.item_id),
            )
            for shortage in shortages
        ],
        to_order=[line for item_id, line in wanted.items() if item_id not in lacking],
        out=_out(clinic, alerts, lacking | wanted.keys(), now),
        to_discard=_to_discard(clinic, alerts),
        arriving=fulfilment.arriving(clinic),
        week=_week(clinic, today),
        cover=[Cover(items[item_id], lasting) for item_id, lasting in days.items()],
    )


def _shortages(clinic: Clinic, levels: Levels, today: dt.date) -> list[Shortage]:
    last = today + dt.timedelta(days=DAYS_AHEAD - 1)
    needs = treatments.planned_needs(clinic.id, today, last)
    return rules.shortages(needs, {key[1]: level.available for key, level in levels.items()})


def _coming(clinic: Clinic, item_ids: Collection[int]) -> dict[int, Coming]:
    """Return by item what open orders still bring, and when the first of it is expected."""
    outstanding = OrderLine.packs - OrderLine.received - OrderLine.cancelled
    quantity = outstanding * OrderLine.containers_per_pack * OrderLine.content_per_container
    rows = db.session.execute(
        sa.select(
            OrderLine.item_id,
            sa.func.sum(quantity, type_=Quantity()).label("quantity"),
            sa.func.min(PurchaseOrder.expected_on).label("expected_on"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.stage.in_(OPEN_STAGES),
            OrderLine.item_id.in_(item_ids),
            outstanding > 0,
        )
        .group_by(OrderLine.item_id)
    )
    return {row.item_id: Coming(Decimal(row.quantity), row.expected_on) for row in rows}


def _out(
    clinic: Clinic, alerts: Sequence[Alert], named: Collection[int], now: dt.datetime
) -> list[Out]:
    """Return one row for each item that is out or low and not ``named`` already, out first."""
    found: dict[int, Alert] = {}
    for kind in (AlertKind.OUT_OF_STOCK, AlertKind.ORDER_NOW):
        for alert in alerts:
            if alert.kind is kind and alert.item_id and alert.item_id not in named:
                found.setdefault(alert.item_id, alert)
    if not found:
        return []
    there = current.standing(clinic.id, found.keys(), now=now)
    return [
        Out(alert, there.refreshed(item_id, alert.facts))
        for item_id, alert in found.items()
        if alert.kind is AlertKind.OUT_OF_STOCK or there.is_low(item_id, alert.facts)
    ]


def _to_discard(clinic: Clinic, alerts: Sequence[Alert]) -> list[ToDiscard]:
    """Return what to discard or use first; what has been seen to since the sweep is left out."""
    wanted = [alert for kind in TO_DISCARD for alert in alerts if alert.kind is kind]
    rows = db.session.execute(
        sa.select(
            Balance.id,
            Balance.lot_id,
            Balance.container_id,
            Balance.quantity,
            Balance.content_per_container,
        )
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic.id,
            Balance.lot_id.in_({alert.lot_id for alert in wanted}),
            Balance.quantity > sa.literal_column("0"),
            Location.kind == LocationKind.SHELF,
        )
        .order_by(Balance.container_id.is_(None), Balance.id)
    ).all()
    found = []
    for alert in wanted:
        container = alert.subject.removeprefix("container:")
        there = [
            row
            for row in rows
            if row.lot_id == alert.lot_id
            and (alert.kind is not AlertKind.OPEN_PAST_TIME or str(row.container_id) == container)
        ]
        if there:
            row = there[0]
            sealed = int(row.quantity / row.content_per_container)
            found.append(ToDiscard(alert, row.id, None if row.container_id else sealed))
    return found


def _week(clinic: Clinic, today: dt.date) -> list[tuple[dt.date, int]]:
    last = today + dt.timedelta(days=DAYS_AHEAD - 1)
    rows = db.session.execute(
        sa.select(TreatmentSession.planned_on, sa.func.count(TreatmentSession.id).label("sessions"))
        .where(
            TreatmentSession.clinic_id == clinic.id,
            TreatmentSession.status == SessionStatus.PLANNED,
            TreatmentSession.planned_on.between(today, last),
        )
        .group_by(TreatmentSession.planned_on)
    )
    counts = {row.planned_on: row.sessions for row in rows}
    days = [today + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    return [(day, counts.get(day, 0)) for day in days]


def _used(clinic: Clinic, now: dt.datetime) -> dict[int, Decimal]:
    """Return by item what sessions took in the last four weeks, undone ones left out."""
    undone = sa.orm.aliased(Entry)
    rows = db.session.execute(
        sa.select(Move.item_id, sa.func.sum(Move.quantity).label("used"))
        .join(Entry, Entry.id == Move.entry_id)
        .join(Location, Location.id == Move.to_location_id)
        .outerjoin(undone, undone.reverses_id == Entry.id)
        .where(
            Entry.clinic_id == clinic.id,
            Entry.kind == EntryKind.SESSION,
            Entry.occurred_at > now - dt.timedelta(days=USE_DAYS),
            Location.kind.in_((LocationKind.PATIENT, LocationKind.WASTE)),
            undone.id.is_(None),
        )
        .group_by(Move.item_id)
    )
    return {row.item_id: row.used for row in rows}


def _cover_days(clinic: Clinic, levels: Levels, used: Mapping[int, Decimal]) -> dict[int, int]:
    """Return the items that run out first with the days they last, the shortest first."""
    days = []
    for item_id, quantity in used.items():
        level = levels.get((clinic.id, item_id))
        lasting = days_of_cover(level.available if level else ZERO, quantity, USE_DAYS)
        if lasting is not None:
            days.append((lasting, item_id))
    return {item_id: lasting for lasting, item_id in sorted(days)[:COVER_SHOWN]}


def _items(item_ids: Collection[int]) -> dict[int, Item]:
    return {
        item.id: item for item in db.session.scalars(sa.select(Item).where(Item.id.in_(item_ids)))
    }


def _stocked(clinic: Clinic) -> int:
    count = db.session.scalar(
        sa.select(sa.func.count(ClinicItem.item_id)).where(ClinicItem.clinic_id == clinic.id)
    )
    return count or 0
