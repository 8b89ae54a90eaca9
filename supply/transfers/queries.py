"""Reading transfers: one with all a page shows, pages of them, and what is on its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply import codes
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.db import Quantity, db, unindexed
from supply.transfers.models import Transfer, TransferEvent, TransferLine
from supply.transfers.terms import CODE_LENGTH, PREFIX, TransferStatus

PAGE = 50
"""Transfers on a page of the list."""


def transfer_with_id(transfer_id: int) -> Transfer:
    """Return a transfer with all a page shows. Whoever asks checks access to one of its clinics.

    Raises:
        NotFoundHereError: no such transfer.
    """
    return _one(Transfer.id == transfer_id)


def transfer_of_clinic(clinic: Clinic, transfer_id: int) -> Transfer:
    """Return a transfer from, to or within ``clinic``.

    Raises:
        NotFoundHereError: no such transfer, or others'.
    """
    return _one(Transfer.id == transfer_id, _touches(clinic.id))


def transfer_with_code(clinic: Clinic, text: str) -> Transfer:
    """Return the transfer from, to or within ``clinic`` with a code as typed or scanned.

    Raises:
        NotFoundHereError: no such transfer, or others'.
    """
    code = codes.tidy_code(text, PREFIX, CODE_LENGTH)
    return _one(Transfer.code == code, _touches(clinic.id))


def _touches(clinic_id: int) -> sa.ColumnElement[bool]:
    return sa.or_(Transfer.clinic_id == clinic_id, Transfer.to_clinic_id == clinic_id)


def _one(*where: sa.ColumnElement[bool]) -> Transfer:
    found = db.session.scalars(
        sa.select(Transfer)
        .where(*where)
        .options(
            *_with_lines(),
            joinedload(Transfer.sent_by),
            selectinload(Transfer.events).joinedload(TransferEvent.person),
        )
    ).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def _with_lines() -> tuple[ORMOption, ...]:
    lines = selectinload(Transfer.lines)
    return (
        joinedload(Transfer.clinic),
        joinedload(Transfer.to_clinic),
        joinedload(Transfer.to_location),
        lines.joinedload(TransferLine.item),
        lines.joinedload(TransferLine.lot),
    )


@dataclass(frozen=True, slots=True)
class TransferPage:
    """Transfers that have ended, newest first, and the id after which the next page begins."""

    transfers: Sequence[Transfer]
    next_before: int | None


def on_their_way(clinic: Clinic, limit: int = 100) -> Sequence[Transfer]:
    """Return what is in transit from or to ``clinic``, oldest first."""
    query = (
        sa.select(Transfer)
        .where(_touches(clinic.id), Transfer.status == TransferStatus.IN_TRANSIT)
        .options(*_with_lines())
        .order_by(Transfer.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def arriving(clinic: Clinic, limit: int = 100) -> Sequence[Transfer]:
    """Return what is on its way to ``clinic`` from its sisters, oldest first."""
    query = (
        sa.select(Transfer)
        .where(Transfer.to_clinic_id == clinic.id, Transfer.status == TransferStatus.IN_TRANSIT)
        .options(*_with_lines())
        .order_by(Transfer.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def ended(clinic: Clinic, before: int | None = None) -> TransferPage:
    """Return a page of what has ended from, to or within ``clinic``, newest first."""
    query = (
        sa.select(Transfer)
        .where(_touches(clinic.id), Transfer.status != TransferStatus.IN_TRANSIT)
        .options(*_with_lines())
        .order_by(Transfer.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Transfer.id < before)
    found = db.session.scalars(query).all()
    following = found[PAGE - 1].id if len(found) > PAGE else None
    return TransferPage(found[:PAGE], following)


def lines_on_their_way(
    clinics: sa.BindParameter[int] | None, items: sa.BindParameter[int] | None
) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what sister clinics have sent to clinics: a part of what is on order.

    With ``clinic_id``, ``item_id``, ``quantity``, ``transfer_id`` and ``sent_at``; None limits
    nothing.
    """
    left = (
        TransferLine.sent - TransferLine.received - TransferLine.written_off - TransferLine.returned
    )
    query = (
        sa.select(
            Transfer.to_clinic_id.label("clinic_id"),
            TransferLine.item_id,
            sa.type_coerce(left, Quantity()).label("quantity"),
            Transfer.id.label("transfer_id"),
            Transfer.sent_at,
        )
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .where(Transfer.status == sa.literal_column("'in_transit'"), left > sa.literal_column("0"))
    )
    if clinics is not None:
        query = query.where(Transfer.to_clinic_id.in_(clinics))
    if items is not None:
        query = query.where(unindexed(TransferLine.item_id).in_(items))
    return query


def expected_on(sent_on: dt.date) -> dt.date:
    """Return when a transfer is expected that was sent on a day: on the next."""
    return sent_on + dt.timedelta(days=1)


def arriving_of_item(clinic_id: int, item_id: int) -> Sequence[tuple[Transfer, Decimal]]:
    """Return the transfers on their way to a clinic that bring an item, with how much of it."""
    left = (
        TransferLine.sent - TransferLine.received - TransferLine.written_off - TransferLine.returned
    )
    rows = db.session.execute(
        sa.select(Transfer, sa.func.sum(left, type_=Quantity()))
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .options(joinedload(Transfer.clinic))
        .where(
            Transfer.to_clinic_id == clinic_id,
            Transfer.status == sa.literal_column("'in_transit'"),
            unindexed(TransferLine.item_id) == item_id,
            left > sa.literal_column("0"),
        )
        .group_by(Transfer.id)
        .order_by(Transfer.id)
    )
    return [(transfer, quantity) for transfer, quantity in rows]
