"""What needs someone at a clinic today: read in a fixed number of statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import local_date
from supply.db import db
from supply.fulfilment import queries as fulfilment
from supply.inventory import queries as inventory
from supply.inventory.models import Balance, ClinicItem, Entry, Item, Location, Move
from supply.inventory.queries import Level
from supply.inventory.terms import EntryKind, LocationKind
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Stage
from supply.quantity import ZERO
from supply.replenishment import queries as replenishment
from supply.replenishment.models import Alert, Proposal
from supply.replenishment.terms import AlertKind, AlertStatus
from supply.today.rules import Shortage, days_of_cover, shortages
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
class ToOrder:
    """A low item: a proposal, and whether its product lies in the basket already."""

    proposal: Proposal
    in_basket: bool


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
    short: Sequence[tuple[Shortage, Item]]
    to_order: Sequence[ToOrder]
    out: Sequence[Alert]
    """Items out of stock, or low, that nothing can be proposed for."""
    to_discard: Sequence[ToDiscard]
    arriving: fulfilment.Arriving
    week: Sequence[tuple[dt.date, int]]
    cover: Sequence[Cover]


def today_at(clinic: Clinic, now: dt.datetime) -> Today:
    """Return what needs someone at ``clinic`` today, on the clinic's own calendar."""
    today = local_date(now, clinic.timezone)
    levels = inventory.levels([clinic.id], None, now=now)
    short = _short(clinic, levels, today)
    used = _used(clinic, now)
    alerts = replenishment.open_alerts(clinic.id, _SEEN)
    to_order = _to_order(clinic)
    days = _cover_days(clinic, levels, used)
    items = _items({*(shortage.item_id for shortage in short), *days})
    proposed = {line.proposal.item_id for line in to_order}
    return Today(
        stocked=_stocked(clinic),
        short=[(shortage, items[shortage.item_id]) for shortage in short],
        to_order=to_order,
        out=_unproposed(alerts, proposed),
        to_discard=_to_discard(clinic, alerts),
        arriving=fulfilment.arriving(clinic),
        week=_week(clinic, today),
        cover=[Cover(items[item_id], lasting) for item_id, lasting in days.items()],
    )


def _short(clinic: Clinic, levels: Levels, today: dt.date) -> list[Shortage]:
    last = today + dt.timedelta(days=DAYS_AHEAD - 1)
    needs = treatments.planned_needs(clinic.id, today, last)
    return shortages(needs, {key[1]: level.available for key, level in levels.items()})


def _to_order(clinic: Clinic) -> list[ToOrder]:
    in_basket = set(
        db.session.scalars(
            sa.select(OrderLine.product_id)
            .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
            .where(
                PurchaseOrder.clinic_id == clinic.id,
                PurchaseOrder.basket,
                PurchaseOrder.stage == Stage.DRAFT,
            )
        )
    )
    return [
        ToOrder(proposal, proposal.product_id in in_basket)
        for proposal in replenishment.proposals(clinic.id)
    ]


def _unproposed(alerts: Sequence[Alert], proposed: Collection[int]) -> list[Alert]:
    """Return one alert for each item that is out or low and has no proposal, out first."""
    kinds = (AlertKind.OUT_OF_STOCK, AlertKind.ORDER_NOW)
    found: dict[int, Alert] = {}
    for kind in kinds:
        for alert in alerts:
            if alert.kind is kind and alert.item_id and alert.item_id not in proposed:
                found.setdefault(alert.item_id, alert)
    return list(found.values())


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
