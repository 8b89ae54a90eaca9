"""Keeping stock here, or not: a supplier's own choice, and its depot."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.accounts.depots import make_depot
from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.depot.refusals import KeepsNoStock, OrdersByMail
from supply.items.places import furnish_depot


def keep_stock(supplier: Supplier, *, keeps: bool, actor: Actor, now: dt.datetime) -> None:
    """Have ``supplier`` keep its stock here from now on, or no longer.

    The first time it gets its depot. What is there stays as it is where it keeps none any more,
    and nothing is drawn from it. Locks the supplier's row.

    Raises:
        OrdersByMail: it does not use Supply, or is a practice's own.
    """
    locked = db.session.execute(
        sa.select(Supplier)
        .where(Supplier.id == supplier.id)
        .with_for_update(of=Supplier)
        .execution_options(populate_existing=True)
    ).scalar_one()
    if locked.practice_id is not None or not locked.uses_supply:
        raise OrdersByMail
    if locked.keeps_stock == keeps:
        return
    if locked.depot_id is None:
        furnish_depot(make_depot(locked, now))
    locked.keeps_stock = keeps
    db.session.flush()
    audit.record(
        actor,
        "supplier.stock_kept" if keeps else "supplier.stock_not_kept",
        ("supplier", locked.id),
        now,
        supplier_id=locked.id,
    )


def depot_of(supplier: Supplier) -> Clinic:
    """Return where ``supplier`` keeps its stock.

    Raises:
        KeepsNoStock: it keeps none here.
    """
    depot = supplier.depot
    if depot is None or not supplier.keeps_stock:
        raise KeepsNoStock
    return depot
