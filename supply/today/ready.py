"""Whether a day's sessions can be given: each with its lots, and what helps where one is short."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import local_date
from supply.db import db
from supply.diary.allergic import warnings_of
from supply.diary.earmarks import Earmark
from supply.diary.readiness import Readiness
from supply.items.models import Item
from supply.quantity import ZERO, Unit
from supply.replenishment.helping import Help, day_with_help
from supply.treatments.models import TreatmentSession
from supply.treatments.queries import places
from supply.treatments.terms import SessionStatus
from supply.treatments.warnings import SessionWarning


class Contained(NamedTuple):
    """How quantities of an item are worded."""

    id: int
    name: str
    unit: Unit
    container: str
    content_per_container: Decimal


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is to be fetched of a lot for the whole day."""

    item: Contained
    lot: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class ReadyDay:
    """The sessions booked for a day, and the days around it that have some."""

    day: dt.date
    before: dt.date | None
    following: dt.date | None
    sessions: Sequence[Readiness]
    helps: Mapping[tuple[int, int], Help]
    items: Mapping[int, Contained]
    places: Mapping[int, str]
    warned: Mapping[int, Sequence[SessionWarning]]
    to_fetch: Mapping[str, Sequence[Fetched]]
    """By location, in its items' order; a lot that lies in several stands at the first."""

    @property
    def short(self) -> int:
        """How many sessions cannot be given."""
        return sum(not one.ready for one in self.sessions)


def ready_day(clinic: Clinic, day: dt.date | None, *, now: dt.datetime) -> ReadyDay:
    """Return what ``day`` needs; by default the next day after today that has sessions.

    Without any it is tomorrow. A fixed number of statements, whatever is booked.
    """
    tomorrow = local_date(now, clinic.timezone) + dt.timedelta(days=1)
    day = day or _first_from(clinic, tomorrow) or tomorrow
    before, following = _around(clinic, day)
    sessions, helps = day_with_help(clinic, day, now=now)
    items = _items({line.item.id for one in sessions for line in one.lines})
    names = places(clinic) if sessions else {}
    return ReadyDay(
        day,
        before,
        following,
        sessions,
        helps,
        items,
        names,
        warnings_of(clinic, sessions) if sessions else {},
        _to_fetch(sessions, items, names),
    )


def _first_from(clinic: Clinic, day: dt.date) -> dt.date | None:
    return db.session.scalar(
        sa.select(sa.func.min(TreatmentSession.planned_on)).where(
            *_booked_at(clinic), TreatmentSession.planned_on >= day
        )
    )


def _around(clinic: Clinic, day: dt.date) -> tuple[dt.date | None, dt.date | None]:
    planned = TreatmentSession.planned_on
    before = sa.select(sa.func.max(planned)).where(*_booked_at(clinic), planned < day)
    following = sa.select(sa.func.min(planned)).where(*_booked_at(clinic), planned > day)
    row = db.session.execute(
        sa.select(
            before.scalar_subquery().label("before"), following.scalar_subquery().label("following")
        )
    ).one()
    return row.before, row.following


def _booked_at(clinic: Clinic) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        TreatmentSession.clinic_id == clinic.id,
        TreatmentSession.status == SessionStatus.PLANNED,
    )


def _items(item_ids: set[int]) -> dict[int, Contained]:
    if not item_ids:
        return {}
    rows = db.session.execute(
        sa.select(Item.id, Item.name, Item.unit, Item.container, Item.content_per_container)
        .where(Item.id.in_(item_ids))
        .order_by(Item.name, Item.id)
    )
    return {row.id: Contained(*row) for row in rows}


def _to_fetch(
    sessions: Iterable[Readiness], items: Mapping[int, Contained], names: Mapping[int, str]
) -> dict[str, list[Fetched]]:
    """Add up by location and lot what the sessions take."""
    summed: dict[tuple[str, int, str], Decimal] = defaultdict(lambda: ZERO)
    for one in sessions:
        for line in one.lines:
            for lot in line.lots:
                summed[_place(lot, names), line.item.id, lot.lot_number] += lot.quantity
    found: dict[str, list[Fetched]] = {}
    order = {item_id: place for place, item_id in enumerate(items)}
    for place, item_id, lot_number in sorted(summed, key=lambda key: (key[0], order[key[1]], key)):
        quantity = summed[place, item_id, lot_number]
        found.setdefault(place, []).append(Fetched(items[item_id], lot_number, quantity))
    return found


def _place(lot: Earmark, names: Mapping[int, str]) -> str:
    return next((names[place] for place in lot.places if place in names), "")
