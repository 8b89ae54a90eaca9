"""Disputes: the bank takes the money at once, and gives it back if the dispute is won."""

from __future__ import annotations

from typing import Final

from tests.support.stripe_standin.balance import book_dispute
from tests.support.stripe_standin.books import Books, Object, change, new_id
from tests.support.stripe_standin.refunds import NoSuchStepError

DAYS_TO_ANSWER: Final = 20


def open_dispute(
    books: Books, charge_id: str, amount: int | None, reason: str, *, inquiry: bool
) -> Object:
    """Let a cardholder dispute a charge, by default what is left of it.

    An inquiry only asks: no money moves, and the charge can still be refunded.

    Raises:
        NoSuchStepError: the charge is disputed already, or nothing is left of it.
    """
    charge = books.find("charge", charge_id)
    left = charge["amount"] - charge["amount_refunded"]
    disputed = left if amount is None else amount
    if charge["disputed"] or charge["status"] != "succeeded" or not 0 < disputed <= left:
        raise NoSuchStepError("this charge cannot be disputed so")
    dispute = books.add(_dispute(books, charge, disputed, reason))
    change(charge, disputed=True)
    if inquiry:
        change(dispute, status="warning_needs_response", is_charge_refundable=True)
        books.record("charge.dispute.created", dispute)
    else:
        dispute["balance_transactions"].append(book_dispute(books, dispute, back=False))
        books.record("charge.dispute.created", dispute)
        books.record("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(books: Books, dispute_id: str, *, won: bool) -> None:
    """Let the bank decide; an inquiry that is won is only closed.

    Raises:
        NoSuchStepError: it has decided already, or cannot decide so.
    """
    dispute = books.find("dispute", dispute_id)
    if dispute["status"] == "warning_needs_response" and won:
        change(dispute, status="warning_closed")
    elif dispute["status"] != "needs_response":
        raise NoSuchStepError(f"the dispute is {dispute['status']}")
    elif won:
        change(dispute, status="won", is_charge_refundable=True)
        dispute["balance_transactions"].append(book_dispute(books, dispute, back=True))
        books.record("charge.dispute.funds_reinstated", dispute)
    else:
        change(dispute, status="lost")
    books.record("charge.dispute.closed", dispute)


def _dispute(books: Books, charge: Object, amount: int, reason: str) -> Object:
    return {
        "id": new_id("du_1", 27),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": books.clock.now() + DAYS_TO_ANSWER * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": False,
        "livemode": books.livemode,
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
