"""Checking what order lines keep of returns against the returns themselves."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from supply.db import db
from supply.inventory.verification import also_verify
from supply.ordering.models import OrderLine
from supply.returning.models import ReturnLine


@also_verify
def verify_returns() -> list[str]:
    """Add up what was accepted and kept; return a sentence for each order line that differs."""
    return list(_lines())


def _lines() -> Iterator[str]:
    accepted = sa.func.coalesce(ReturnLine.accepted, 0)
    kept = accepted * (OrderLine.pack_minor - sa.func.coalesce(ReturnLine.credit_minor, 0))
    rows = db.session.execute(
        sa.select(
            OrderLine.id,
            OrderLine.order_id,
            OrderLine.credited,
            OrderLine.restocking_minor,
            sa.func.coalesce(sa.func.sum(accepted), 0).label("accepted"),
            sa.func.coalesce(sa.func.sum(kept), 0).label("kept"),
        )
        .outerjoin(ReturnLine, ReturnLine.order_line_id == OrderLine.id)
        .where(sa.or_(ReturnLine.id.is_not(None), OrderLine.restocking_minor > 0))
        .group_by(OrderLine.id, OrderLine.order_id, OrderLine.credited, OrderLine.restocking_minor)
        .order_by(OrderLine.id)
    )
    for row in rows:
        where = f"order {row.order_id}, line {row.id}"
        if row.credited < row.accepted:
            yield f"{where}: {row.accepted} packs are returned, the line credits {row.credited}"
        if row.restocking_minor != row.kept:
            yield (
                f"{where}: the returns keep {row.kept} for restocking,"
                f" the line {row.restocking_minor}"
            )
