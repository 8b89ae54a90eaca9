"""What happens to stock beside treatments: closing time, waste, counts, holds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

import sqlalchemy as sa

from supply import clock
from supply.db import AnyRow, db
from supply.demo.agenda import wall
from supply.demo.ward import Ward
from supply.handling import actions, holding
from supply.inventory import availability
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.inventory.rules import is_expired
from supply.inventory.terms import HoldSource, WasteCause
from supply.items.models import Item, Location
from supply.quantity import Unit
from supply.sentences import say

CLOSING_LEFT_OUT = dt.timedelta(days=2)
"""Before the end nobody looks at open containers: something is left to do at closing time."""

CLEARING_LEFT_OUT = dt.timedelta(days=8)
"""Before the end nobody clears expired lots away either."""

_DROPS = 0.05
_COUNTED_ITEMS = 3
_ACCIDENTS = (
    (WasteCause.DAMAGED, say("Dropped")),
    (WasteCause.DAMAGED, say("Cracked ampoule")),
    (WasteCause.CONTAMINATED, None),
)


class Upkeep:
    """Keeps a clinic's shelves in order, mostly."""

    def __init__(self, ward: Ward) -> None:
        """Take the ward."""
        self.ward = ward

    def plan_days(self, days: Sequence[dt.date]) -> None:
        """Put closing times, drops, weekly clearing and monthly counts on the agenda."""
        profile, agenda = self.ward.profile, self.ward.agenda
        month = days[0].month
        for day in days:
            if self.ward.rng.random() < _DROPS:
                agenda.at(wall(day, profile.opens + 2, 25, profile.timezone), self._drop)
            if day.month != month:
                month = day.month
                agenda.at(wall(day, profile.closes, 5, profile.timezone), self._count)
            closing = wall(day, profile.closes, 15, profile.timezone)
            if closing <= agenda.ends - CLOSING_LEFT_OUT:
                agenda.at(closing, self._discard_past_time)
            if day.weekday() == profile.reviews and closing <= agenda.ends - CLEARING_LEFT_OUT:
                agenda.at(closing, self._clear_expired)

    def hold_for_a_week(self, reason: str, now: dt.datetime) -> None:
        """Put a random lot on hold, and release it after a week of asking."""
        held = self.hold(reason, now)
        self.ward.agenda.at(now + dt.timedelta(days=7), partial(self._release, held.id))

    def hold(self, reason: str, now: dt.datetime) -> Hold:
        """Put a random sealed lot on hold in this clinic."""
        row = self.ward.rng.choice(self._sealed(Unit.ML))
        return holding.hold(
            self.ward.clinic,
            row.lot_id,
            location_id=None,
            reason=reason,
            actor=self.ward.manager,
            now=now,
        )

    def throw_out_damaged(self, entry_id: int, now: dt.datetime) -> None:
        """Throw away what arrived damaged with a receipt, and release the holds on it."""
        holds = db.session.execute(
            sa.select(Hold.id, Hold.lot_id, Hold.location_id, Hold.quantity)
            .where(
                Hold.source == HoldSource.RECEIPT,
                Hold.source_id == entry_id,
                availability.in_force(),
            )
            .order_by(Hold.id)
        ).all()
        ward = self.ward
        for row in holds:
            actions.waste(
                ward.clinic,
                (row.location_id, row.lot_id, None),
                row.quantity,
                cause=WasteCause.DAMAGED,
                note="Arrived damaged",
                actor=ward.manager,
                now=now,
            )
            holding.release_hold(ward.clinic, row.id, actor=ward.manager, now=now)

    def _release(self, hold_id: int, now: dt.datetime) -> None:
        holding.release_hold(self.ward.clinic, hold_id, actor=self.ward.manager, now=now)

    def _drop(self, now: dt.datetime) -> None:
        rows = self._sealed(Unit.ML)
        if not rows:
            return
        row = self.ward.rng.choice(rows)
        cause, note = self.ward.rng.choice(_ACCIDENTS)
        actions.waste(
            self.ward.clinic,
            (row.location_id, row.lot_id, None),
            row.content_per_container,
            cause=cause,
            note=self.ward.written(note) if note else "",
            actor=self.ward.practitioner,
            now=now,
        )

    def _count(self, now: dt.datetime) -> None:
        """Count a few kinds of pieces and put the record right."""
        rows = self._sealed(Unit.EACH)
        for row in self.ward.rng.sample(rows, min(_COUNTED_ITEMS, len(rows))):
            off = self.ward.rng.choice((-3, -2, -1, -1, 1))
            actions.correct(
                self.ward.clinic,
                (row.location_id, row.lot_id, None),
                row.quantity + max(Decimal(off), -row.quantity),
                reason=self.ward.written(say("Monthly count")),
                actor=self.ward.manager,
                now=now,
            )

    def _discard_past_time(self, now: dt.datetime) -> None:
        found = db.session.scalars(
            sa.select(Balance.container_id)
            .join(Container, Container.id == Balance.container_id)
            .where(
                Balance.clinic_id == self.ward.clinic.id,
                Balance.quantity > 0,
                ~availability.in_time(now),
            )
            .order_by(Balance.container_id)
        ).all()
        for container_id in found:
            if container_id is not None:
                actions.discard(
                    self.ward.clinic,
                    container_id,
                    cause=WasteCause.PAST_TIME,
                    actor=self.ward.practitioner,
                    now=now,
                )

    def _clear_expired(self, now: dt.datetime) -> None:
        today = clock.local_date(now, self.ward.profile.timezone)
        for row in self._sealed():
            if is_expired(row.expiry, today):
                actions.waste(
                    self.ward.clinic,
                    (row.location_id, row.lot_id, None),
                    row.quantity,
                    cause=WasteCause.EXPIRED,
                    actor=self.ward.manager,
                    now=now,
                )

    def _sealed(self, unit: Unit | None = None) -> Sequence[AnyRow]:
        """Return what is sealed on the shelves and not held, by lot; of one unit, or all."""
        statement = (
            sa.select(
                Balance.location_id,
                Balance.lot_id,
                Balance.quantity,
                Balance.content_per_container,
                Lot.expiry,
            )
            .join(Lot, Lot.id == Balance.lot_id)
            .join(Item, Item.id == Balance.item_id)
            .join(Location, Location.id == Balance.location_id)
            .where(
                Balance.clinic_id == self.ward.clinic.id,
                Balance.container_id.is_(None),
                availability.on_shelf(),
                ~availability.touched_by_a_hold(),
            )
            .order_by(Balance.id)
        )
        if unit is not None:
            statement = statement.where(Item.unit == unit)
        return db.session.execute(statement).all()
