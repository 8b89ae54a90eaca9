"""What a claim is in the words of a timeline, a mail and a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.claims.models import Claim
from supply.claims.terms import ClaimOutcome
from supply.db import db
from supply.receiving.models import ReceiptLine


def raised_with(receipt_id: int) -> Sequence[Claim]:
    """Return the claims that a receipt raised, in the order of its lines."""
    query = (
        sa.select(Claim)
        .join(ReceiptLine, ReceiptLine.id == Claim.receipt_line_id)
        .where(ReceiptLine.receipt_id == receipt_id)
        .options(joinedload(Claim.order_line), joinedload(Claim.receipt_line))
        .order_by(Claim.id)
    )
    return db.session.scalars(query).all()


def facts(claim: Claim, lot: str) -> dict[str, Any]:
    """Return what a timeline keeps, and a mail tells, of a claim: JSON-ready."""
    return {
        "claim": claim.id,
        "sku": claim.order_line.sku,
        "name": claim.order_line.name,
        "lot": lot,
        "packs": claim.packs,
        "kind": claim.kind.value,
        "want": claim.wish.value,
        "note": claim.note,
        "outcome": claim.outcome.value if claim.outcome else None,
        "answer": claim.answer,
    }


def found_after_all(claim: Claim | None) -> bool:
    """Return whether packs were called missing and the clinic took that back."""
    return claim is not None and not claim.taken_in and claim.outcome is ClaimOutcome.WITHDRAWN
