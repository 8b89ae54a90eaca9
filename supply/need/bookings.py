"""What booked sessions will take, by day: set-based, for many clinics at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue.terms import Dose
from supply.db import AnyRow, Key, execute
from supply.formulations.models import FormulationLine, FormulationVersion
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.need.use import is_booked
from supply.quantity import ZERO, whole_containers
from supply.treatments.models import TreatmentSession
from supply.treatments.queries import is_newest_version, quantity_taken
from supply.treatments.terms import SessionStatus


@dataclass(frozen=True, slots=True)
class Taking:
    """What a booked session takes of an item, in its base unit; whole containers if single-dose."""

    clinic_id: int
    item_id: int
    session_id: int
    formulation_id: int
    day: dt.date
    quantity: Decimal
    early: bool
    """Whether it was booked long before: see :func:`supply.need.use.is_booked`."""


def takings(
    clinic_ids: Collection[int],
    item_ids: Collection[int] | None,
    first: dt.date,
    last: dt.date,
) -> list[Taking]:
    """Return what the sessions booked from ``first`` to ``last`` take, by day; one statement.

    Optional lines are among them: what is not used is there for the next.
    """
    asked: dict[str, Any] = {"clinics": list(clinic_ids), "first": first, "last": last}
    if item_ids is not None:
        asked["items"] = list(item_ids)
    return [_taking(row) for row in execute(_takings(item_ids is not None), asked)]


def taken_of(row: AnyRow, times: int = 1, more: Decimal = ZERO) -> Decimal:
    """Return what ``row.quantity`` so many times, and ``more``, uses up: whole if single-dose."""
    quantity: Decimal = row.quantity * times + more
    if row.dose is Dose.SINGLE:
        content: Decimal = row.content_per_container
        return whole_containers(quantity, content) * content
    return quantity


def _taking(row: AnyRow) -> Taking:
    early = is_booked(row.planned_on, row.booked_at, row.timezone)
    return Taking(
        row.clinic_id, row.item_id, row.id, row.formulation_id, row.planned_on, taken_of(row), early
    )


@cache
def _takings(some_items: bool) -> sa.Select[*tuple[Any, ...]]:
    clinics: sa.BindParameter[int] = sa.bindparam("clinics", type_=Key, expanding=True)
    session = TreatmentSession
    query = (
        sa.select(
            session.clinic_id,
            FormulationLine.item_id,
            session.id,
            session.formulation_id,
            session.planned_on,
            session.booked_at,
            Clinic.timezone,
            quantity_taken().label("quantity"),
            Item.dose,
            Item.content_per_container,
        )
        .select_from(session)
        .join(Clinic, Clinic.id == session.clinic_id)
        .join(FormulationVersion, is_newest_version())
        .join(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .join(Item, Item.id == FormulationLine.item_id)
        .where(
            session.clinic_id.in_(clinics),
            session.status == SessionStatus.PLANNED,
            session.planned_on.between(sa.bindparam("first"), sa.bindparam("last")),
        )
        .order_by(session.planned_on, session.id, FormulationLine.position)
    )
    if some_items:
        items: sa.BindParameter[int] = sa.bindparam("items", type_=Key, expanding=True)
        query = query.where(FormulationLine.item_id.in_(items))
    return query


def supposed(
    clinic_id: int, formulation_id: int, days: Sequence[dt.date], *, areas: int = 1
) -> list[Taking]:
    """Return what sessions of a formulation would take, one on each of ``days``.

    Their session ids are below zero: there are none.
    """
    rows = execute(_lines(), {"formulation": formulation_id}).all()
    found = []
    for number, day in enumerate(days, start=1):
        for row in rows:
            quantity = taken_of(row, areas if row.per is Per.AREA else 1, row.dead_space)
            found.append(
                Taking(clinic_id, row.item_id, -number, formulation_id, day, quantity, early=True)
            )
    return found


@cache
def _lines() -> sa.Select[*tuple[Any, ...]]:
    """Return what the newest version of :formulation takes."""
    newest = (
        sa.select(FormulationVersion.id)
        .where(FormulationVersion.formulation_id == sa.bindparam("formulation"))
        .order_by(FormulationVersion.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(
            FormulationLine.item_id,
            FormulationLine.quantity,
            FormulationLine.dead_space,
            FormulationLine.per,
            Item.dose,
            Item.content_per_container,
        )
        .join(Item, Item.id == FormulationLine.item_id)
        .where(FormulationLine.version_id == newest)
        .order_by(FormulationLine.position)
    )


def total(takings: Iterable[Taking]) -> Decimal:
    """Return what sessions take together."""
    return sum((one.quantity for one in takings), ZERO)


def until(takings: Sequence[Taking], day: dt.date) -> list[Taking]:
    """Return those of ``takings`` up to and on a day."""
    return [one for one in takings if one.day <= day]
