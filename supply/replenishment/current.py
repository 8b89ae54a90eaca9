"""Proposals and alerts against what is there, on order and in the basket at this moment.

The sweep writes them every few seconds; between two sweeps an order may have been placed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import db
from supply.inventory import queries as inventory
from supply.ordering.outstanding import Outstanding, outstanding
from supply.quantity import ZERO, as_text
from supply.replenishment import queries
from supply.replenishment.models import Proposal
from supply.replenishment.rules import Need, is_low, packs_for

OUTDATED = ("remedy", "expected_on")
"""Facts on what is out of stock that hold as long as the same is on order."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Packs of an item not on order yet: in the basket, waiting for an owner or to be paid."""

    in_basket: int = 0
    awaiting_approval: int = 0
    awaiting_payment: int = 0

    def __bool__(self) -> bool:
        """Whether anything was asked for."""
        return bool(self.in_basket or self.awaiting_approval or self.awaiting_payment)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where items of a clinic stand now, by item, in their base units."""

    available: Mapping[int, Decimal]
    orders: Mapping[int, Outstanding]

    def on_order(self, item_id: int) -> Decimal:
        """Return how much of an item is on order."""
        return self.orders[item_id].on_order if item_id in self.orders else ZERO

    def asked(self, item_id: int) -> Asked:
        """Return what was asked for of an item and is not on order yet."""
        there = self.orders.get(item_id)
        if there is None:
            return Asked()
        return Asked(there.in_basket, there.awaiting_approval, there.awaiting_payment)

    def refreshed(self, item_id: int, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return an alert's or a proposal's facts with the figures of now.

        Where more or less is on order by now, what was to be done about it is no longer said.
        """
        figures = {
            "available": as_text(self.available.get(item_id, ZERO)),
            "on_order": as_text(self.on_order(item_id)),
        }
        fresh = {**facts, **{name: value for name, value in figures.items() if name in facts}}
        if Decimal(fresh.get("on_order", 0)) != Decimal(facts.get("on_order", 0)):
            return {name: value for name, value in fresh.items() if name not in OUTDATED}
        return fresh

    def is_low(self, item_id: int, facts: Mapping[str, Any]) -> bool:
        """Return whether the item is still at or below the reorder point of ``facts``."""
        available = self.available.get(item_id, ZERO)
        return is_low(available, self.on_order(item_id), Decimal(facts["reorder_point"]))


@dataclass(frozen=True, slots=True)
class StandingProposal:
    """A proposal that still holds, with the figures of now, and what was asked for already."""

    proposal: Proposal
    facts: Mapping[str, Any]
    packs: int
    asked: Asked


def standing(
    clinic_id: int, item_ids: Collection[int] | None = None, *, now: dt.datetime
) -> Standing:
    """Return where these items, or all, stand at a clinic, in a fixed number of statements.

    Orders are read before shelves: what is taken in between two reads is then counted twice for
    a moment rather than not at all, and nobody orders it again.
    """
    wanted = None if item_ids is None else sorted(item_ids)
    orders = outstanding(clinic_id, wanted)
    levels = inventory.levels([clinic_id], wanted, now=now)
    return Standing({key[1]: level.available for key, level in levels.items()}, orders)


def wanted(clinic_id: int, *, now: dt.datetime) -> list[StandingProposal]:
    """Return the proposals of a clinic's last sweep that still hold, as they stand now.

    An item with enough on order since is left out; where some of it arrived, was used or was
    ordered, the packs are counted again.
    """
    proposals = queries.proposals(clinic_id)
    if not proposals:
        return []
    return still_wanted(
        proposals, standing(clinic_id, {proposal.item_id for proposal in proposals}, now=now)
    )


def still_wanted(proposals: Sequence[Proposal], now_there: Standing) -> list[StandingProposal]:
    """Return which of ``proposals`` still hold, with the figures of ``now_there``."""
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


def _wanted(proposal: Proposal, now_there: Standing) -> StandingProposal:
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
    return StandingProposal(proposal, facts, int(facts["packs"]), now_there.asked(item_id))
