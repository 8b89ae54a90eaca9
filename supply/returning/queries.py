"""Reading returns: of an order, open ones of a clinic or at a supplier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.clock import local_date
from supply.db import db, unindexed
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.returning.models import Return, ReturnLine
from supply.returning.rules import on_day
from supply.returning.terms import OPEN, ReturnReason, ReturnState
from supply.text import code

SHOWN = 100


def returns_of(order_id: int) -> Sequence[Return]:
    """Return the returns of an order, oldest first, with all that pages and programs show."""
    return db.session.scalars(
        sa.select(Return).where(Return.order_id == order_id).options(*_whole()).order_by(Return.id)
    ).all()


def return_with_id(return_id: int) -> Return:
    """Return a return and its order. Whoever asks checks access to its clinic or supplier.

    Raises:
        NotFoundHereError: no such return.
    """
    found = db.session.scalars(
        sa.select(Return).where(Return.id == return_id).options(*_whole())
    ).one_or_none()
    if found is None:
        raise NotFoundHereError(str(return_id))
    return found


def return_of_clinic(clinic: Clinic, return_id: int) -> Return:
    """Return a return of one of the clinic's orders. Raises NotFoundHereError for any other."""
    found = return_with_id(return_id)
    if found.order.clinic_id != clinic.id:
        raise NotFoundHereError(str(return_id))
    return found


def return_of_supplier(supplier: Supplier, return_id: int) -> Return:
    """Return a return to the supplier. Raises NotFoundHereError for any other."""
    found = return_with_id(return_id)
    if found.order.supplier_id != supplier.id:
        raise NotFoundHereError(str(return_id))
    return found


def return_with_number(supplier: Supplier, scanned: str) -> int | None:
    """Return the id of the return to ``supplier`` whose number was scanned or typed, if any."""
    number = code(scanned).upper()
    return db.session.scalar(
        sa.select(Return.id)
        .join(PurchaseOrder, PurchaseOrder.id == Return.order_id)
        .where(Return.number == number, PurchaseOrder.supplier_id == supplier.id)
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A return that asks for another step, as a list shows it."""

    return_id: int
    number: str | None
    state: ReturnState
    reason: ReturnReason
    valid_until: dt.date | None
    packs: int
    order_id: int
    order_number: str
    clinic: str
    supplier: str


def open_returns(place: Clinic | Supplier, now: dt.datetime) -> list[Waiting]:
    """Return the returns of a clinic, or to a supplier, that ask for another step, oldest first.

    One statement.
    """
    rows = db.session.execute(_open(type(place)), {"place_id": place.id})
    return [
        Waiting(return_id, number, state, reason, until, *rest)
        for return_id, number, state, reason, until, timezone, *rest in rows
        if on_day(state, until, local_date(now, timezone)) in OPEN
    ]


def _is_open() -> sa.ColumnElement[bool]:
    """Return whether a return is open, in the words of the index that holds no others."""
    return Return.state.in_([sa.literal_column(f"'{state}'") for state in OPEN])


@cache
def _open(kind: type[Clinic | Supplier]) -> sa.Select[*tuple[Any, ...]]:
    packs = (
        sa.select(sa.func.sum(ReturnLine.packs))
        .where(ReturnLine.return_id == Return.id)
        .scalar_subquery()
    )
    side = PurchaseOrder.clinic_id if kind is Clinic else PurchaseOrder.supplier_id
    return (
        sa.select(
            Return.id,
            Return.number,
            Return.state,
            Return.reason,
            Return.valid_until,
            Clinic.timezone,
            packs,
            PurchaseOrder.id,
            PurchaseOrder.number,
            Clinic.name,
            Supplier.name,
        )
        .join(PurchaseOrder, PurchaseOrder.id == Return.order_id)
        .join(Clinic, Clinic.id == PurchaseOrder.clinic_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(unindexed(side) == sa.bindparam("place_id"), _is_open())
        .order_by(unindexed(Return.id))
        .limit(SHOWN)
    )


def standing(whole: Return, now: dt.datetime) -> ReturnState:
    """Return where a return stands now, on its clinic's calendar."""
    return whole.state_on(local_date(now, whole.order.clinic.timezone))


def _whole() -> tuple[ORMOption, ...]:
    order = joinedload(Return.order)
    lines = selectinload(Return.lines)
    return (
        order.joinedload(PurchaseOrder.clinic),
        order.joinedload(PurchaseOrder.supplier),
        lines.joinedload(ReturnLine.order_line).joinedload(OrderLine.product),
        lines.joinedload(ReturnLine.lot),
        joinedload(Return.asked_by),
        joinedload(Return.answered_by),
        joinedload(Return.sent_by),
        joinedload(Return.settled_by),
    )
