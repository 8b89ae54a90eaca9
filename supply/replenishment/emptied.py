"""Items of which nothing is available: what to do about each, read set by set."""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.alerts.scope import Scope
from supply.alerts.settling import Finding
from supply.alerts.terms import AlertKind
from supply.db import db, unindexed
from supply.need.arrays import Pair
from supply.need.foreseeing import COVER
from supply.need.models import LearnedUse
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.outstanding import due_on
from supply.ordering.terms import OPEN_STAGES
from supply.quantity import as_text
from supply.replenishment.helping import from_sisters_at
from supply.replenishment.models import Policy
from supply.replenishment.reordering import Emptied, Proposed
from supply.replenishment.terms import Method

TOGETHER = 200
"""Clinics whose sisters are asked at once: what they have booked has to fit into memory."""

Facts = Mapping[str, Any]


class Remedy(enum.StrEnum):
    """What there is to do about an item that is out of stock."""

    BRING = "bring"
    """A sister clinic's lot, which would expire there, is to be brought over."""
    ORDER = "order"
    SPARE = "spare"
    """A sister clinic has some to spare until what is on order comes, or where none is sold."""
    COMING = "coming"
    UNPRICED = "unpriced"
    LATER = "later"
    """Nothing calls for an order yet."""


def emptied_findings(
    scope: Scope,
    emptied: Sequence[Emptied],
    low: Iterable[Finding],
    proposals: Iterable[Proposed],
) -> list[Finding]:
    """Return that the items ``emptied`` are out of stock, each with what to do about it.

    What is low, or soon to be ordered, is ordered as ``low`` and ``proposals`` say; for the others
    it is asked when what is on order comes, and which sister clinic has some meanwhile.
    """
    advised = {(one.clinic_id, one.item_id): one.facts for one in proposals}
    advised |= {(one.clinic_id, one.item_id): one.facts for one in low if one.item_id is not None}
    remedies = {one.pair: _advised(advised.get(one.pair)) for one in emptied}
    waiting = [one for one in emptied if not _is_settled(one, remedies[one.pair])]
    coming = _coming([one for one in emptied if one.on_order])
    spare = _spare(waiting, scope.now)
    return [
        _finding(one, coming.get(one.pair, {}) | (spare.get(one.pair) or remedies[one.pair]))
        for one in emptied
    ]


def _advised(facts: Facts | None) -> dict[str, Any]:
    """Return the remedy that the facts of what is low or proposed come to."""
    if facts is None:
        return {"remedy": Remedy.LATER.value}
    if "brought" in facts:
        return _named(Remedy.BRING, facts, "brought", "from_clinic", "lot", "lot_ends", "bring_by")
    if "packs" in facts:
        return _named(Remedy.ORDER, facts, "packs", "quantity", "supplier", "order_by")
    return _named(Remedy.UNPRICED, facts, "currency")


def _named(remedy: Remedy, facts: Facts, *names: str) -> dict[str, Any]:
    return {"remedy": remedy.value, **{name: facts[name] for name in names if name in facts}}


def _is_settled(one: Emptied, remedy: Facts) -> bool:
    """Return whether no sister clinic has to be asked: something is done, or nothing needed."""
    if remedy["remedy"] == Remedy.LATER:
        return not one.on_order
    return bool(remedy["remedy"] != Remedy.UNPRICED)


def _finding(one: Emptied, remedy: Facts) -> Finding:
    facts = {**one.item, "on_order": as_text(one.on_order), **remedy}
    if one.on_order and facts["remedy"] in {Remedy.LATER, Remedy.UNPRICED}:
        facts["remedy"] = Remedy.COMING.value
    subject, kind = f"item:{one.item_id}", AlertKind.OUT_OF_STOCK
    return Finding(one.clinic_id, kind, subject, facts, item_id=one.item_id)


def _coming(emptied: Collection[Emptied]) -> dict[Pair, dict[str, Any]]:
    """Return of which open order the first of each is expected; one statement."""
    if not emptied:
        return {}
    due = due_on()
    query = (
        sa.select(
            PurchaseOrder.clinic_id,
            OrderLine.item_id,
            PurchaseOrder.id,
            Supplier.name,
            due.label("due"),
        )
        .join(OrderLine, OrderLine.order_id == PurchaseOrder.id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(
            PurchaseOrder.clinic_id.in_({one.clinic_id for one in emptied}),
            PurchaseOrder.stage.in_(OPEN_STAGES),
            OrderLine.outstanding > 0,
            unindexed(OrderLine.item_id).in_({one.item_id for one in emptied}),
        )
    )
    rows = sorted(db.session.execute(query), key=lambda row: (row.due or dt.date.max, row.id))
    first: dict[Pair, dict[str, Any]] = {}
    for row in rows:
        expected = row.due.isoformat() if row.due else None
        said = {"order": row.id, "orders_from": row.name, "expected_on": expected}
        first.setdefault((row.clinic_id, row.item_id), said)
    return first


def _spare(waiting: Sequence[Emptied], now: dt.datetime) -> dict[Pair, dict[str, Any]]:
    """Return what sister clinics have to spare of items, beyond what they keep for themselves."""
    short: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for one in waiting:
        short[one.clinic_id][one.item_id] = Decimal(one.item["content"])
    clinics = sorted(short)
    found: dict[Pair, dict[str, Any]] = {}
    kept = _kept({one.item_id for one in waiting}) if waiting else {}
    for start in range(0, len(clinics), TOGETHER):
        some = {clinic_id: short[clinic_id] for clinic_id in clinics[start : start + TOGETHER]}
        for pair, way in from_sisters_at(some, now=now, kept=kept).items():
            spare, content = Decimal(way.facts["spare"]), short[pair[0]][pair[1]]
            whole = {**way.facts, "spare": as_text(spare - spare % content)}
            found[pair] = _named(Remedy.SPARE, whole, "clinic", "lot", "spare")
    return found


def _kept(item_ids: Collection[int]) -> dict[Pair, Decimal]:
    """Return by clinic and item what is kept there: two weeks' use, or up to the reorder point."""
    learned = sa.select(
        LearnedUse.clinic_id, LearnedUse.item_id, LearnedUse.likely, LearnedUse.unit
    ).where(LearnedUse.item_id.in_(item_ids))
    kept = {
        (row.clinic_id, row.item_id): Decimal(round(row.likely * COVER, 3)) * row.unit
        for row in db.session.execute(learned)
    }
    points = sa.select(Policy.clinic_id, Policy.item_id, Policy.reorder_point).where(
        Policy.item_id.in_(item_ids), Policy.method == Method.FIXED
    )
    return kept | {(row.clinic_id, row.item_id): row[2] for row in db.session.execute(points)}
