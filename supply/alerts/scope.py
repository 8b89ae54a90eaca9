"""What one sweep looks at: clinics, each with its own calendar day, and which of their items."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic
from supply.db import db, table

CLINIC = table(Clinic)
IN_LIST = 5000
"""Ids one statement names at most: databases limit their number."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a sweep knows of a clinic; ``today`` is its own day."""

    id: int
    practice_id: int
    timezone: str
    currency: str
    expiring_days: int
    today: dt.date


@dataclass(frozen=True, slots=True)
class Scope:
    """The clinics swept at ``now``. ``everywhere``: all there are, so no list is needed.

    ``items``: of these items alone, where only they have changed; None is all.
    """

    now: dt.datetime
    places: dict[int, Place]
    everywhere: bool
    items: frozenset[int] | None = None

    @property
    def clinic_ids(self) -> list[int] | None:
        """The clinics by id; None for all of them."""
        return None if self.everywhere else list(self.places)

    def limit(self, column: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
        """Return the condition that keeps rows of these clinics."""
        return no_depot(column) if self.everywhere else column.in_(list(self.places))

    def about(
        self, column: sa.ColumnElement[int] | sa.ColumnElement[int | None]
    ) -> sa.ColumnElement[bool]:
        """Return the condition that keeps rows of these items."""
        return sa.true() if self.items is None else column.in_(sorted(self.items))

    @property
    def item_ids(self) -> list[int] | None:
        """The items by id; None for all of them."""
        return None if self.items is None else sorted(self.items)


def read_scope(
    now: dt.datetime,
    clinic_ids: Collection[int] | None,
    item_ids: Collection[int] | None = None,
) -> Scope:
    """Return the scope of a sweep over ``clinic_ids`` and ``item_ids`` (None: every one)."""
    query = sa.select(
        CLINIC.c.id,
        CLINIC.c.practice_id,
        CLINIC.c.timezone,
        CLINIC.c.currency,
        CLINIC.c.expiring_days,
    ).where(no_depot(CLINIC.c.id))
    if clinic_ids is not None:
        query = query.where(CLINIC.c.id.in_(clinic_ids))
    # Not `local_date`, which would guess: what would be raised and resolved by it stays.
    places = {
        row.id: Place(*row, today=now.astimezone(ZoneInfo(row.timezone)).date())
        for row in db.session.execute(query)
    }
    items = None if item_ids is None else frozenset(item_ids)
    return Scope(now, places, everywhere=clinic_ids is None, items=items)


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Yield ``values`` in pieces short enough for one statement."""
    for start in range(0, len(values), IN_LIST):
        yield values[start : start + IN_LIST]
