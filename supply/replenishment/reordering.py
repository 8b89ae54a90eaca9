"""Items against their reorder points: what is low or gone, and what to order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.alerts.scope import Scope, chunks
from supply.alerts.settling import Finding
from supply.alerts.terms import AlertKind
from supply.db import AnyRow, db, execute, table
from supply.inventory import queries as inventory
from supply.items.models import ClinicItem, Item
from supply.need.arrays import Pair
from supply.need.buying import Offers
from supply.ordering import queries as ordering
from supply.quantity import as_text, from_thousandths, to_thousandths
from supply.replenishment.findings import ITEM_FACTS, item_facts
from supply.replenishment.models import Policy
from supply.replenishment.rules import Choice, Need, Offer, choose, is_low
from supply.replenishment.terms import Method

CLINIC_ITEM = table(ClinicItem)
ITEM = table(Item)
POLICY = table(Policy)


@dataclass(frozen=True, slots=True)
class Proposed:
    """What to order for an item at a clinic, with the figures its sentence is worded from."""

    clinic_id: int
    item_id: int
    choice: Choice
    facts: dict[str, Any]
    order_by: dt.date


@dataclass(frozen=True, slots=True)
class Emptied:
    """An item of which a clinic has nothing available."""

    clinic_id: int
    item_id: int
    on_order: Decimal
    item: dict[str, Any]
    """What its quantities are worded by."""

    @property
    def pair(self) -> Pair:
        """The clinic and the item."""
        return self.clinic_id, self.item_id


@dataclass(frozen=True, slots=True)
class _Standing:
    """An item with a policy at a clinic that is low (it has a ``need``), or out of stock."""

    clinic_id: int
    item_id: int
    available: Decimal
    on_order: Decimal
    need: Need | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is low, what to order for it, and what is out of stock."""

    findings: Sequence[Finding] = ()
    proposals: Sequence[Proposed] = ()
    emptied: Sequence[Emptied] = ()


def item_findings(scope: Scope) -> Found:
    """Return what is low or out of stock, and what to order for what is low."""
    wanting = list(_standings(scope))
    if not wanting:
        return Found()
    items = _items({standing.item_id for standing in wanting})
    low = [standing for standing in wanting if standing.need is not None]
    offers = Offers(scope.places, {standing.item_id for standing in low})
    findings, proposals = [], []
    for standing in low:
        facts, choice = _low_facts(standing, items[standing.item_id], offers)
        findings.append(_finding(standing, facts))
        if choice is not None:
            # With a fixed reorder point, the day to order is the day it is reached.
            today = scope.places[standing.clinic_id].today
            proposals.append(Proposed(standing.clinic_id, standing.item_id, choice, facts, today))
    emptied = [
        Emptied(one.clinic_id, one.item_id, one.on_order, items[one.item_id])
        for one in wanting
        if one.available == 0
    ]
    return Found(findings, proposals, emptied)


def _standings(scope: Scope) -> Iterator[_Standing]:
    """Yield the tracked items with a policy that are low or gone.

    What is on order is read before what is there: goods received between the two reads are
    then counted twice for a moment rather than not at all, and no false alarm goes out.
    """
    policies = execute(_policies(scope)).all()
    coming = {
        key: to_thousandths(quantity)
        for key, quantity in ordering.on_order(scope.clinic_ids, scope.item_ids).items()
    }
    there = inventory.available_thousandths(scope.clinic_ids, scope.item_ids, now=scope.now)
    for row in policies:
        key = (row.clinic_id, row.item_id)
        available, ordered = there.get(key, 0), coming.get(key, 0)
        low = row.method == Method.FIXED and is_low(available, ordered, row.point)
        if low or not available:
            yield _standing(row, from_thousandths(available), from_thousandths(ordered), low=low)


def _standing(policy: AnyRow, available: Decimal, on_order: Decimal, *, low: bool) -> _Standing:
    need = None
    if low:
        point, par = from_thousandths(policy.point), from_thousandths(policy.par)
        need = Need(available, on_order, point, par)
    return _Standing(policy.clinic_id, policy.item_id, available, on_order, need)


def _policies(scope: Scope) -> sa.Select[Any]:
    untracked = sa.exists().where(
        CLINIC_ITEM.c.clinic_id == POLICY.c.clinic_id,
        CLINIC_ITEM.c.item_id == POLICY.c.item_id,
        sa.not_(CLINIC_ITEM.c.tracked),
    )
    return (
        sa.select(
            POLICY.c.clinic_id,
            POLICY.c.item_id,
            # Few are low: what the others say is not worth turning into what it stands for.
            sa.type_coerce(POLICY.c.method, sa.String).label("method"),
            sa.type_coerce(POLICY.c.reorder_point, sa.BigInteger).label("point"),
            sa.type_coerce(POLICY.c.par_level, sa.BigInteger).label("par"),
        )
        .select_from(POLICY)
        .join(ITEM, ITEM.c.id == POLICY.c.item_id)
        .where(
            scope.limit(POLICY.c.clinic_id),
            scope.about(POLICY.c.item_id),
            ITEM.c.archived_at.is_(None),
            ~untracked,
        )
    )


def _items(item_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Return by id the facts of items that their quantities are worded by."""
    found = {}
    for some in chunks(sorted(item_ids)):
        query = sa.select(ITEM.c.id, ITEM.c.content_per_container, *ITEM_FACTS).where(
            ITEM.c.id.in_(some)
        )
        for row in db.session.execute(query):
            found[row.id] = item_facts(row, row.content_per_container)
    return found


def _finding(standing: _Standing, facts: dict[str, Any]) -> Finding:
    subject, kind = f"item:{standing.item_id}", AlertKind.ORDER_NOW
    return Finding(standing.clinic_id, kind, subject, facts, item_id=standing.item_id)


def _offers_of(offers: Offers, standing: _Standing) -> Iterator[Offer]:
    """Yield the products an item may be bought as, priced for the clinic today."""
    for row in offers.products(standing.item_id):
        pack = row.content_per_container * row.containers_per_pack
        price = offers.price_of(row.product_id, standing.clinic_id)
        yield Offer(row.product_id, row.preferred, pack, row.minimum_order_packs, price)


def _low_facts(
    standing: _Standing, item: dict[str, Any], offers: Offers
) -> tuple[dict[str, Any], Choice | None]:
    need = standing.need
    if need is None:
        raise ValueError("only an item with a reorder point is low")
    facts = item | {
        "available": as_text(need.available),
        "on_order": as_text(need.on_order),
        "reorder_point": as_text(need.reorder_point),
        "par_level": as_text(need.par_level),
        "currency": offers.places[standing.clinic_id].currency,
    }
    choice = choose(need, _offers_of(offers, standing))
    if choice is not None:
        facts |= {
            "packs": choice.packs,
            "quantity": as_text(choice.quantity),
            **offers.names[choice.product_id],
        }
    return facts, choice
