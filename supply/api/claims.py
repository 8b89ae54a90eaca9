"""Claims: raised and withdrawn by the clinic, settled by the supplier."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import fields

from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Input, Text, Whole, one_of
from supply.api.claim_answers import ClaimStatusSchema, claim_status
from supply.api.orders import ORDER
from supply.claims import claiming
from supply.claims.models import Claim
from supply.claims.queries import claim_with_id
from supply.claims.terms import SETTLEMENTS, ClaimOutcome, Goods
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.receiving.terms import ClaimKind, ClaimWish

blueprint = api_blueprint("claims", "Claims")

CLAIM = f"/claims/<int(max={LARGEST_ID}):claim_id>"
LONGEST_NOTE = 2_000


class NewClaimSchema(Input):
    """Packs that are wrong, by the supplier's SKU; ``lot`` where several lots came."""

    sku = Text(required=True)
    packs = Whole(1, MOST_PACKS, required=True)
    kind = Text(required=True, validate=one_of(ClaimKind))
    want = Text(required=True, validate=one_of(ClaimWish))
    lot = Text(80, blank=True)
    note = Text(LONGEST_NOTE, blank=True)


class SettleSchema(Input):
    """What the supplier answers."""

    outcome = Text(required=True, validate=one_of(SETTLEMENTS))
    note = Text(LONGEST_NOTE, blank=True)


class WithdrawSchema(Input):
    """Why the clinic takes it back."""

    reason = Text(LONGEST_NOTE, blank=True)


class ClaimedGoodsSchema(Input):
    """What becomes of packs that the claim has on hold."""

    goods = Text(required=True, validate=one_of(Goods))


class ClaimedGoodsAnswer(ClaimStatusSchema):
    """The claim, and the ledger entry that took its packs off the shelf, if one did."""

    entry = fields.Integer(required=True, allow_none=True)


@blueprint.route(f"{ORDER}/claims", methods=["POST"])
@blueprint.response(201, ClaimStatusSchema)
@blueprint.writes
@auth.of_order(buyer=Right.STOCK)
@blueprint.arguments(NewClaimSchema)
def claim(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Claim packs of an order that are damaged, missing, wrong or short-dated."""
    order_id = order.id
    new = claiming.NewClaim(
        body["sku"],
        body["packs"],
        ClaimKind(body["kind"]),
        ClaimWish(body["want"]),
        body.get("note", ""),
        body.get("lot", ""),
    )

    def work(now: dt.datetime) -> dict[str, Any]:
        return claim_status(claiming.raise_claim(order_id, new, actor=auth.actor(), now=now))

    return writes.once(work)


def _of_claim(claim_id: int) -> dict[str, Any]:
    """Hand on the claim of an order that the clinic's stock keepers may change."""
    found = claim_with_id(claim_id)
    auth.side_of(found.order, buyer=Right.STOCK)
    return {"claim_id": found.id}


def _to_settle(claim_id: int) -> dict[str, Any]:
    """Hand on a claim that its supplier answers; the clinic does for one that is not on Supply."""
    found: Claim = claim_with_id(claim_id)
    buyer = None if found.order.supplier.uses_supply else Right.STOCK
    auth.side_of(found.order, supplier=Right.FULFIL, buyer=buyer)
    return {"claim_id": found.id}


@blueprint.route(f"{CLAIM}/settle", methods=["POST"])
@blueprint.response(200, ClaimStatusSchema)
@blueprint.writes
@auth.handing(_to_settle)
@blueprint.arguments(SettleSchema)
def settle(body: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """Answer a claim: credit, refund, send again or refuse. Of a supplier that is not on Supply
    the clinic notes the answer.
    """
    outcome, note = ClaimOutcome(body["outcome"]), body.get("note", "")

    def work(now: dt.datetime) -> dict[str, Any]:
        done = claiming.settle_claim(claim_id, outcome, answer=note, actor=auth.actor(), now=now)
        return claim_status(done)

    return writes.once(work)


@blueprint.route(f"{CLAIM}/withdraw", methods=["POST"])
@blueprint.response(200, ClaimStatusSchema)
@blueprint.writes
@auth.handing(_of_claim)
@blueprint.arguments(WithdrawSchema)
def withdraw(body: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """Take an open claim back."""
    reason = body.get("reason", "")

    def work(now: dt.datetime) -> dict[str, Any]:
        done = claiming.withdraw_claim(claim_id, reason=reason, actor=auth.actor(), now=now)
        return claim_status(done)

    return writes.once(work)


@blueprint.route(f"{CLAIM}/goods", methods=["POST"])
@blueprint.response(200, ClaimedGoodsAnswer)
@blueprint.writes
@auth.handing(_of_claim)
@blueprint.arguments(ClaimedGoodsSchema)
def goods(body: dict[str, Any], claim_id: int) -> dict[str, Any]:
    """Release, return or waste what an ended claim has on hold."""
    wanted = Goods(body["goods"])

    def work(now: dt.datetime) -> dict[str, Any]:
        done, entry = claiming.part_with_goods(claim_id, wanted, actor=auth.actor(), now=now)
        return {**claim_status(done), "entry": entry}

    return writes.once(work)
