"""Proposals and alerts against what is there, on order and in the basket at this moment.

The sweep writes them every few seconds; between two sweeps an order may have been placed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import db
from supply.inventory import queries as inventory
from supply.ordering import queries as ordering
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Stage
from supply.quantity import ZERO, as_text
from supply.replenishment import queries
from supply.replenishment.models import Proposal
from supply.replenishment.rules import Need, is_low, packs_for


@dataclass(frozen=True, slots=True)
class Asked:
    """Packs of an item that are not on order yet: in the basket, or waiting for an owner."""

    in_basket: int = 0
    awaiting_approval: int = 0

    def __bool__(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.in_basket or self.awaiting_approval)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where items of a clinic stand now, by item, in their base units."""

    available: Mapping[int, Decimal]
    on_order: Mapping[int, Decimal]
    asked: Mapping[int, Asked]

    def refreshed(self, item_id: int, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return an alert's or a proposal's facts with the figures of now."""
        figures = {
            "available": as_text(self.available.get(item_id, ZERO)),
            "on_order": as_text(self.on_order.get(item_id, ZERO)),
        }
        return {**facts, **{name: value for name, value in figures.items() if name in facts}}

    def is_low(self, item_id: int, facts: Mapping[str, Any]) -> bool:
        """Return whether the item is still at or below the reorder point of ``facts``."""
        available = self.available.get(item_id, ZERO)
        on_order = self.on_order.get(item_id, ZERO)
        return is_low(available, on_order, Decimal(facts["reorder_point"]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A proposal that still holds, with the figures of now, and what was asked for already."""

    proposal: Proposal
    facts: Mapping[str, Any]
    packs: int
    asked: Asked


def standing(clinic_id: int, item_ids: Collection[int], *, now: dt.datetime) -> Standing:
    """Return where these items stand at a clinic, in a fixed number of statements.

    Baskets are read before orders, and orders before shelves: what moves on between two reads
    is then counted twice for a moment rather than not at all, and nobody orders it again.
    """
    wanted = sorted(item_ids)
    asked = _asked(clinic_id, wanted)
    on_order = ordering.on_order([clinic_id], wanted)
    levels = inventory.levels([clinic_id], wanted, now=now)
    return Standing(
        {key[1]: level.available for key, level in levels.items()},
        {key[1]: quantity for key, quantity in on_order.items()},
        asked,
    )


def wanted(clinic_id: int, *, now: dt.datetime) -> list[Wanted]:
    """Return the proposals of a clinic's last sweep that still hold, as they stand now.

    An item with enough on order since is left out; where some of it arrived, was used or was
    ordered, the packs are counted again.
    """
    proposals = queries.proposals(clinic_id)
    if not proposals:
        return []
    now_there = standing(clinic_id, {proposal.item_id for proposal in proposals}, now=now)
    return [
        _wanted(proposal, now_there)
        for proposal in proposals
        if now_there.is_low(proposal.item_id, proposal.facts)
    ]


def lock_baskets(clinic: Clinic) -> None:
    """Lock the clinic's row, as putting something into a basket does, for the transaction."""
    db.session.execute(
        sa.select(Clinic.id).where(Clinic.id == clinic.id).with_for_update(key_share=True)
    )


def _wanted(proposal: Proposal, now_there: Standing) -> Wanted:
    item_id = proposal.item_id
    facts = now_there.refreshed(item_id, proposal.facts)
    if facts != proposal.facts:
        product = proposal.product
        pack = product.content_per_container * product.containers_per_pack
        need = Need(
            Decimal(facts["available"]),
            Decimal(facts["on_order"]),
            Decimal(facts["reorder_point"]),
            Decimal(facts["par_level"]),
        )
        packs = packs_for(need.missing, pack, product.minimum_order_packs)
        facts |= {"packs": packs, "quantity": as_text(pack * packs)}
    return Wanted(proposal, facts, int(facts["packs"]), now_there.asked.get(item_id, Asked()))


def _asked(clinic_id: int, item_ids: Collection[int]) -> dict[int, Asked]:
    waiting = PurchaseOrder.stage == Stage.AWAITING_APPROVAL
    rows = db.session.execute(
        sa.select(
            OrderLine.item_id,
            sa.func.sum(sa.case((waiting, 0), else_=OrderLine.packs)).label("in_basket"),
            sa.func.sum(sa.case((waiting, OrderLine.packs), else_=0)).label("waiting"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic_id,
            sa.or_(waiting, sa.and_(PurchaseOrder.basket, PurchaseOrder.stage == Stage.DRAFT)),
            OrderLine.item_id.in_(item_ids),
        )
        .group_by(OrderLine.item_id)
    )
    return {row.item_id: Asked(int(row.in_basket), int(row.waiting)) for row in rows}
