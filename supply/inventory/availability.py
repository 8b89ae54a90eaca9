"""What of a clinic's stock may be drawn: said here, once in SQL and once as a pure rule.

On a shelf, in date, not past its time after opening, and not on hold. Drawing, levels, alerts,
the API's shelves and the demonstration all ask here. Nothing is promised yet; promises will be
taken off here (see docs/adr/0023).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import sqlalchemy as sa

from supply.db import table
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.inventory.rules import is_expired
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO, whole_containers

BALANCE = table(Balance)
LOT = table(Lot)
CONTAINER = table(Container)
LOCATION = table(Location)
HOLD = table(Hold)


def on_shelf() -> sa.ColumnElement[bool]:
    """Return the condition that something is left of a balance, on a shelf.

    Of a select that joins the balance's location. Zero is a literal, so that the partial index
    on what is there serves.
    """
    return sa.and_(
        BALANCE.c.quantity > sa.literal_column("0"), LOCATION.c.kind == LocationKind.SHELF
    )


def in_date(today: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a lot is not expired on the clinic's day ``today``."""
    return sa.or_(LOT.c.expiry.is_(None), LOT.c.expiry >= today)


def in_time(at: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a container, if it is one, need not be gone at ``at``."""
    return sa.or_(CONTAINER.c.discard_at.is_(None), CONTAINER.c.discard_at > at)


def drawable(today: Any, at: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a balance may be drawn, as far as no hold keeps it back.

    Of a select that joins lot and location, and the container where there is one. With
    :func:`held_here` (or :func:`apart` on the rows) this is what :func:`apart` says.
    """
    return sa.and_(on_shelf(), in_date(today), in_time(at))


def in_force(clinic: Any = None) -> sa.ColumnElement[bool]:
    """Return the condition that a hold is not released, and reaches ``clinic`` (None: any)."""
    if clinic is None:
        return HOLD.c.released_at.is_(None)
    reaches = sa.or_(HOLD.c.clinic_id.is_(None), HOLD.c.clinic_id == clinic)
    return sa.and_(HOLD.c.released_at.is_(None), reaches)


def held_here(clinic: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a hold keeps back some of a balance of ``clinic``."""
    return sa.and_(
        HOLD.c.lot_id == BALANCE.c.lot_id,
        in_force(clinic),
        sa.or_(HOLD.c.location_id.is_(None), HOLD.c.location_id == BALANCE.c.location_id),
    )


def touched_by_a_hold() -> sa.ColumnElement[bool]:
    """Return the condition that any hold in force anywhere is on a balance's lot."""
    return sa.exists().where(HOLD.c.lot_id == BALANCE.c.lot_id, in_force())


class Kept(Protocol):
    """A balance row, as far as it decides what may be drawn of it."""

    @property
    def quantity(self) -> Decimal:
        """All that is there."""

    @property
    def content_per_container(self) -> Decimal:
        """Content of a sealed container."""

    @property
    def container_id(self) -> int | None:
        """Its open container; None is sealed stock."""

    @property
    def expiry(self) -> dt.date | None:
        """The lot's expiry; None is undated."""

    @property
    def discard_at(self) -> dt.datetime | None:
        """When its open container must go."""


@dataclass(frozen=True, slots=True)
class Apart:
    """A balance set apart: what may be drawn, and the rest by the one reason that it may not."""

    available: Decimal = ZERO
    held: Decimal = ZERO
    past_time: Decimal = ZERO
    expired: Decimal = ZERO


def apart(row: Kept, holds: Sequence[Decimal | None], *, today: dt.date, at: dt.datetime) -> Apart:
    """Return how much of a balance on a shelf may be drawn at ``at``, on the clinic's ``today``.

    ``holds`` are the quantities of the holds on it (see :func:`held_of`). What is expired is
    not counted as held, nor what is past its time.
    """
    if is_expired(row.expiry, today):
        return Apart(expired=row.quantity)
    if is_past_time(row.discard_at, at):
        return Apart(past_time=row.quantity)
    held = held_of(row, holds)
    return Apart(available=row.quantity - held, held=held)


def is_past_time(discard_at: dt.datetime | None, at: dt.datetime) -> bool:
    """Return whether an open container had to go by ``at``: at that very instant it is over."""
    return discard_at is not None and discard_at <= at


def held_of(row: Kept, holds: Sequence[Decimal | None]) -> Decimal:
    """Return how much of a balance its holds keep back, at most all of it.

    A hold without a quantity keeps all; one with a quantity as many sealed containers as it
    takes, whole, and nothing of an open one.
    """
    if any(quantity is None for quantity in holds):
        return row.quantity
    wanted = sum((quantity for quantity in holds if quantity is not None), ZERO)
    if row.container_id is not None or not wanted:
        return ZERO
    content = row.content_per_container
    return min(content * whole_containers(wanted, content), row.quantity)


@dataclass(frozen=True, slots=True)
class ActiveHold:
    """A hold in force: where it reaches, and how much it keeps back (None: all)."""

    clinic_id: int | None
    location_id: int | None
    quantity: Decimal | None

    def reaches(self, clinic_id: int, location_id: int) -> bool:
        """Return whether it keeps back what lies in a location of a clinic."""
        return self.clinic_id in (None, clinic_id) and self.location_id in (None, location_id)
