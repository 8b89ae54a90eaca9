"""What needs someone at a clinic today: read in a fixed number of statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.adverse.events import SharedLot, shared_lots
from supply.alerts.models import Alert
from supply.alerts.queries import unresolved
from supply.alerts.terms import AlertKind, AlertStatus
from supply.clock import local_date
from supply.db import db
from supply.inventory import availability
from supply.inventory.models import Balance
from supply.items.models import ClinicItem, Item, Location
from supply.need.models import LearnedUse
from supply.ordering.outstanding import Outstanding
from supply.replenishment import current
from supply.replenishment import queries as replenishment
from supply.replenishment.current import StandingProposal
from supply.returning.queries import Waiting, open_returns
from supply.today import rules
from supply.today.orders import Approval, Orders, orders_of_today
from supply.today.rules import Shortage
from supply.transfers import queries as transfers
from supply.transfers.models import Transfer
from supply.treatments import queries as treatments
from supply.treatments.queries import BookedItem

DAYS_AHEAD = 7
COVER_SHOWN = 6

TO_DISCARD = (AlertKind.OPEN_PAST_TIME, AlertKind.EXPIRED, AlertKind.EXPIRING)
"""Kinds of the third list, the most urgent first."""

_SEEN = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class Short:
    """An item short for booked sessions, with what is on order and what to order of it."""

    shortage: Shortage
    item: BookedItem
    coming: Outstanding | None
    wanted: StandingProposal | None


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
    """For how many days an item is expected to last, as the last sweep saw it."""

    item_id: int
    name: str
    days: int


@dataclass(frozen=True, slots=True)
class Today:
    """All that the page shows."""

    recalls: Sequence[Alert]
    """Recalls that the clinic has to answer, or of which something is left."""
    suspect: Sequence[SharedLot]
    """Lots that several adverse events share, and that nobody holds yet."""
    stocked: bool
    """Whether the clinic ever had anything on its shelves."""
    approvals: Sequence[Approval]
    """Orders that wait for this person's decision, at any of their clinics."""
    short: Sequence[Short]
    to_order: Sequence[StandingProposal]
    """What to order, without what ``short`` names already."""
    out: Sequence[Out]
    to_discard: Sequence[ToDiscard]
    arriving: Orders
    sent_here: Sequence[Transfer]
    """What sister clinics have sent."""
    returns: Sequence[Waiting]
    """Returns that ask for another step, of either side."""
    week: Sequence[tuple[dt.date, int]]
    cover: Sequence[Cover]


def today_at(
    clinic: Clinic,
    now: dt.datetime,
    deciding: Collection[int] = frozenset(),
    ordering: Collection[int] = frozenset(),
    *,
    tracing: bool = False,
) -> Today:
    """Return what needs someone at ``clinic`` today, on the clinic's own calendar.

    ``deciding`` are the clinics whose orders the person may approve, ``ordering`` those they may
    order for; ``tracing`` says whether they may know of patients.
    """
    today = local_date(now, clinic.timezone)
    proposals = replenishment.proposals(clinic.id)
    there = current.standing(clinic.id, now=now)
    wanted = {line.proposal.item_id: line for line in current.still_wanted(proposals, there)}
    booked = treatments.bookings(clinic.id, today, today + dt.timedelta(days=DAYS_AHEAD - 1))
    shortages = rules.shortages(booked.needs, there.available)
    lacking = {shortage.item_id for shortage in shortages}
    alerts = _alerts(clinic)
    orders = orders_of_today(clinic, deciding, ordering)
    return Today(
        recalls=[alert for alert in alerts if alert.kind is AlertKind.RECALL],
        suspect=shared_lots(clinic.practice_id, pressing=True) if tracing else [],
        stocked=bool(there.available) or _was_stocked(clinic),
        approvals=orders.approvals,
        short=[
            Short(
                shortage,
                booked.items[shortage.item_id],
                _coming(there, shortage.item_id),
                wanted.get(shortage.item_id),
            )
            for shortage in shortages
        ],
        to_order=[line for item_id, line in wanted.items() if item_id not in lacking],
        out=_out(alerts, lacking | wanted.keys(), there),
        to_discard=_to_discard(alerts),
        arriving=orders,
        sent_here=transfers.arriving(clinic),
        returns=open_returns(clinic, now),
        week=_week(booked.sessions, today),
        cover=_cover(clinic, today),
    )


def _coming(there: current.Standing, item_id: int) -> Outstanding | None:
    return there.orders[item_id] if there.on_order(item_id) else None


LeftThere = tuple[int, int | None, Decimal, Decimal]
"""A balance: its id, open container, quantity and content of a container."""


def _alerts(clinic: Clinic) -> dict[Alert, list[LeftThere]]:
    """Return the clinic's standing alerts, the newest first, with where their lots lie."""
    rows = db.session.execute(_standing_alerts(), {"clinic_id": clinic.id})
    found: dict[Alert, list[LeftThere]] = {}
    for alert, balance_id, container_id, quantity, content in rows:
        shelves = found.setdefault(alert, [])
        if balance_id is not None:
            shelves.append((balance_id, container_id, quantity, content))
    return found


@cache
def _standing_alerts() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Alert,
            Balance.id,
            Balance.container_id,
            Balance.quantity,
            Balance.content_per_container,
        )
        .select_from(Alert)
        .outerjoin(
            sa.join(Balance, Location, Location.id == Balance.location_id),
            sa.and_(
                Balance.lot_id == Alert.lot_id,
                Balance.clinic_id == Alert.clinic_id,
                availability.on_shelf(),
            ),
        )
        .where(Alert.clinic_id == sa.bindparam("clinic_id"), Alert.status.in_(_SEEN), unresolved())
        .order_by(
            Alert.opened_at.desc(), Alert.id.desc(), Balance.container_id.is_(None), Balance.id
        )
    )


def _out(alerts: Iterable[Alert], named: Collection[int], there: current.Standing) -> list[Out]:
    """Return one row for each item that is out or low and not ``named`` already, out first."""
    found: dict[int, Alert] = {}
    for kind in (AlertKind.OUT_OF_STOCK, AlertKind.ORDER_NOW):
        for alert in alerts:
            if alert.kind is kind and alert.item_id and alert.item_id not in named:
                found.setdefault(alert.item_id, alert)
    return [
        Out(alert, there.refreshed(item_id, alert.facts))
        for item_id, alert in found.items()
        if alert.kind is AlertKind.OUT_OF_STOCK or there.is_low(item_id, alert.facts)
    ]


def _to_discard(alerts: Mapping[Alert, Sequence[LeftThere]]) -> list[ToDiscard]:
    """Return what to discard or use first; what has been seen to since the sweep is left out."""
    found = []
    for alert in [alert for kind in TO_DISCARD for alert in alerts if alert.kind is kind]:
        container = alert.subject.removeprefix("container:")
        there = [
            shelf
            for shelf in alerts[alert]
            if alert.kind is not AlertKind.OPEN_PAST_TIME or str(shelf[1]) == container
        ]
        if there:
            balance_id, container_id, quantity, content = there[0]
            sealed = None if container_id else int(quantity / content)
            found.append(ToDiscard(alert, balance_id, sealed))
    return found


def _week(sessions: Mapping[dt.date, int], today: dt.date) -> list[tuple[dt.date, int]]:
    days = [today + dt.timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    return [(day, sessions.get(day, 0)) for day in days]


def _cover(clinic: Clinic, today: dt.date) -> list[Cover]:
    """Return the items that fall short first, with the days they last, the shortest first."""
    rows = db.session.execute(_falling_short(), {"clinic_id": clinic.id})
    return [Cover(row.id, row.name, max((row.short_on - today).days, 0)) for row in rows]


@cache
def _falling_short() -> sa.Select[int, str, dt.date | None]:
    return (
        sa.select(Item.id, Item.name, LearnedUse.short_on)
        .join(LearnedUse, LearnedUse.item_id == Item.id)
        .where(
            LearnedUse.clinic_id == sa.bindparam("clinic_id"),
            LearnedUse.short_on.is_not(None),
            Item.archived_at.is_(None),
        )
        .order_by(LearnedUse.short_on, Item.id)
        .limit(COVER_SHOWN)
    )


def _was_stocked(clinic: Clinic) -> bool:
    found = db.session.scalar(
        sa.select(ClinicItem.item_id).where(ClinicItem.clinic_id == clinic.id).limit(1)
    )
    return found is not None
