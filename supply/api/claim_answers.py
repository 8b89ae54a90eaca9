"""What the API says of a claim."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from supply.api.base.fields import Moment
from supply.claims.models import Claim
from supply.claims.terms import ClaimOutcome, ClaimStatus, Goods
from supply.receiving.terms import ClaimKind, ClaimWish


def _words(kind: type[Any]) -> dict[str, Any]:
    return {"enum": [word.value for word in kind]}


class ClaimStatusSchema(Schema):
    """A claim and where it stands."""

    claim = fields.Integer(required=True)
    status = fields.String(required=True, metadata=_words(ClaimStatus))


class ClaimAnswer(ClaimStatusSchema):
    """A claim on an order's line; ``lot`` is null when nobody knows."""

    sku = fields.String(required=True)
    lot = fields.String(required=True, allow_none=True)
    packs = fields.Integer(required=True)
    kind = fields.String(required=True, metadata=_words(ClaimKind))
    want = fields.String(required=True, metadata=_words(ClaimWish))
    note = fields.String(required=True)
    raised_at = Moment(required=True)
    outcome = fields.String(
        required=True,
        allow_none=True,
        metadata={"enum": [*(word.value for word in ClaimOutcome), None]},
    )
    answer = fields.String(required=True)
    settled_at = Moment(required=True, allow_none=True)
    goods = fields.String(
        required=True, allow_none=True, metadata={"enum": [*(word.value for word in Goods), None]}
    )


def claim_status(claim: Claim) -> dict[str, Any]:
    """Return a claim in short."""
    return {"claim": claim.id, "status": claim.status.value}


def claim_answer(claim: Claim) -> dict[str, Any]:
    """Return all that both sides see of a claim."""
    return {
        **claim_status(claim),
        "sku": claim.order_line.sku,
        "lot": claim.lot_number or None,
        "packs": claim.packs,
        "kind": claim.kind.value,
        "want": claim.wish.value,
        "note": claim.note,
        "raised_at": claim.raised_at,
        "outcome": claim.outcome.value if claim.outcome else None,
        "answer": claim.answer,
        "settled_at": claim.settled_at,
        "goods": claim.goods.value if claim.goods else None,
    }
