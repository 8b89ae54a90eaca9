"""Reading claims: of an order, of a clinic, of a supplier."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.claims.models import Claim, ClaimComment
from supply.db import db, unindexed
from supply.inventory.models import Hold
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.receiving.models import ReceiptLine

PAGE = 50


class Show(enum.StrEnum):
    """Which claims a list shows."""

    OPEN = "open"
    GOODS = "goods"
    """Ended, and the clinic has still to say what becomes of what is on hold."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Claims, newest first, and the id before which the next page begins (None: no more)."""

    claims: Sequence[Claim]
    next_before: int | None


def claims_of_order(order_id: int) -> Sequence[Claim]:
    """Return an order's claims, oldest first, with all that pages and programs show."""
    return db.session.scalars(
        sa.select(Claim).where(Claim.order_id == order_id).options(*_whole()).order_by(Claim.id)
    ).all()


def claim_with_id(claim_id: int) -> Claim:
    """Return a claim and its order. Whoever asks checks access to its clinic or supplier.

    Raises:
        NotFoundHereError: no such claim.
    """
    found = db.session.scalars(
        sa.select(Claim).where(Claim.id == claim_id).options(*_whole())
    ).one_or_none()
    if found is None:
        raise NotFoundHereError(str(claim_id))
    return found


def claims_at(place: Clinic | Supplier, show: Show, before: int | None = None) -> ClaimPage:
    """Return a page of the claims of a clinic, or on a supplier."""
    query = (
        sa.select(Claim)
        .join(PurchaseOrder, PurchaseOrder.id == Claim.order_id)
        .outerjoin(Hold, Hold.id == Claim.hold_id)
        .where(_side(place) == place.id, _shown(show))
        .options(*_whole())
        .order_by(Claim.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Claim.id < before)
    found = db.session.scalars(query).all()
    return ClaimPage(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


def count_claims(place: Clinic | Supplier, show: Show) -> int:
    """Return how many claims that list has."""
    # All open claims are fewer than the orders of one place.
    side = unindexed(_side(place)) if show is Show.OPEN else _side(place)
    query = (
        sa.select(sa.func.count(Claim.id))
        .join(PurchaseOrder, PurchaseOrder.id == Claim.order_id)
        .outerjoin(Hold, Hold.id == Claim.hold_id)
        .where(side == place.id, _shown(show))
    )
    return db.session.scalar(query) or 0


def lots_received(order_id: int) -> dict[int, list[str]]:
    """Return by order line the numbers of the lots that were received, oldest first."""
    rows = db.session.scalars(
        sa.select(ReceiptLine)
        .join(ReceiptLine.lot)
        .join(ReceiptLine.order_line)
        .where(OrderLine.order_id == order_id)
        .options(joinedload(ReceiptLine.lot))
        .order_by(ReceiptLine.id)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        lots = found.setdefault(row.order_line_id or 0, [])
        if row.lot is not None and row.lot.number not in lots:
            lots.append(row.lot.number)
    return found


def _side(place: Clinic | Supplier) -> sa.SQLColumnExpression[int]:
    return PurchaseOrder.clinic_id if isinstance(place, Clinic) else PurchaseOrder.supplier_id


def _shown(show: Show) -> sa.ColumnElement[bool]:
    match show:
        case Show.OPEN:
            return Claim.outcome.is_(None)
        case Show.GOODS:
            return sa.and_(
                Claim.outcome.is_not(None),
                Claim.goods.is_(None),
                Hold.id.is_not(None),
                Hold.released_at.is_(None),
            )
        case Show.ENDED:
            return Claim.outcome.is_not(None)


def _whole() -> tuple[ORMOption, ...]:
    order = joinedload(Claim.order)
    return (
        order.joinedload(PurchaseOrder.clinic),
        order.joinedload(PurchaseOrder.supplier),
        joinedload(Claim.order_line),
        joinedload(Claim.receipt_line).joinedload(ReceiptLine.lot),
        joinedload(Claim.hold),
        joinedload(Claim.raised_by),
        joinedload(Claim.settled_by),
        selectinload(Claim.comments).joinedload(ClaimComment.person),
    )
