"""Refunds: never above what is left of a charge; what fails or is cancelled is left again."""

from __future__ import annotations

from typing import Any, Final

from tests.support.stripe_standin.amounts import check_amount, written
from tests.support.stripe_standin.balance import book_refund, book_return
from tests.support.stripe_standin.books import Books, Object, change, new_id
from tests.support.stripe_standin.errors import Refused, not_acted_on
from tests.support.stripe_standin.texts import kept_metadata, names

UNDECIDED: Final = frozenset({"pending", "requires_action"})
GIVEN_BACK: Final = frozenset({"failed", "canceled"})

_ACTED_ON: Final = names(
    """amount charge metadata payment_intent reason refund_application_fee
    reverse_transfer"""
)


class NoSuchStepError(AssertionError):
    """A refund or dispute cannot go from where it is to where a test sends it."""


def create_refund(books: Books, asked: dict[str, Any]) -> Object:
    """Refund a charge, whole or in part.

    Raises:
        Refused: more than is left, or the charge cannot be refunded so.
    """
    for name in asked:
        if name not in _ACTED_ON:
            raise not_acted_on(name)
    metadata = kept_metadata(asked.get("metadata"), "metadata")
    charge = _charge_asked_for(books, asked)
    _check_refundable(books, charge)
    _check_transfer(books, charge, asked)
    amount = _amount_asked_for(charge, asked)
    refund = books.add(_refund(books, charge, amount, asked, metadata))
    refund["balance_transaction"] = book_refund(books, refund)
    before = _recount(books, charge)
    books.record("refund.created", refund)
    books.record("charge.refunded", charge, before)
    return refund


def _charge_asked_for(books: Books, asked: dict[str, Any]) -> Object:
    if "charge" not in asked and "payment_intent" not in asked:
        raise Refused(
            "One of the following params should be provided for this request: payment_intent "
            "or charge.",
            code="parameter_missing",
        )
    charge_id = asked.get("charge")
    if intent_id := asked.get("payment_intent"):
        intent = books.find("payment_intent", intent_id, "payment_intent")
        latest = intent["latest_charge"] if intent["status"] == "succeeded" else None
        if latest is None:
            message = f"This PaymentIntent ({intent_id}) does not have a successful charge."
            code = "payment_intent_unexpected_state"
            raise Refused(message, code=code, param="payment_intent", began=True)
        if charge_id is not None and charge_id != latest:
            message = f"Charge {charge_id} does not belong to PaymentIntent {intent_id}."
            raise Refused(message, param="charge", began=True)
        charge_id = latest
    return books.find("charge", str(charge_id), "charge")


def _check_refundable(books: Books, charge: Object) -> None:
    if charge["status"] != "succeeded":
        message = f"Charge {charge['id']} did not succeed: there is nothing to refund."
        raise Refused(message, code="charge_not_refundable", began=True)
    disputes = [one for one in books.all_of("dispute") if one["charge"] == charge["id"]]
    if not all(one["is_charge_refundable"] for one in disputes):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise Refused(message, code="charge_disputed", began=True)
    if charge["refunded"]:
        message = f"Charge {charge['id']} has already been refunded."
        raise Refused(message, code="charge_already_refunded", began=True)


def _check_transfer(books: Books, charge: Object, asked: dict[str, Any]) -> None:
    reverse = asked.get("reverse_transfer", False)
    if reverse and not charge.get("transfer"):
        message = (
            f"Cannot reverse transfer on charge {charge['id']} because it does not have an "
            "associated transfer."
        )
        raise Refused(message, param="reverse_transfer", began=True)
    if asked.get("refund_application_fee") and not charge["application_fee"]:
        message = f"Charge {charge['id']} has no application fee to refund."
        raise Refused(message, param="refund_application_fee", began=True)
    if charge.get("transfer") and not reverse and not books.platform_may_pay:
        message = (
            "The stand-in refuses what would make the platform pay for its supplier: refund a "
            "destination charge with reverse_transfer=true."
        )
        raise Refused(message, param="reverse_transfer")


def _amount_asked_for(charge: Object, asked: dict[str, Any]) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    amount: int = asked.get("amount", left)
    currency = charge["currency"]
    check_amount(amount, currency, "amount")
    if amount > left:
        raise Refused(
            f"Refund amount ({written(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({written(left, currency)})",
            param="amount",
            began=True,
        )
    return amount


def _refund(
    books: Books, charge: Object, amount: int, asked: dict[str, Any], metadata: dict[str, str]
) -> Object:
    nothing = (
        "balance_transaction", "customer", "customer_account", "description",
        "failure_balance_transaction", "failure_reason", "instructions_email", "next_action",
        "pending_reason", "presentment_details", "receipt_number", "source_transfer_reversal",
        "transfer_reversal",
    )  # fmt: skip
    refund: Object = {
        "id": new_id("re_3", 27),
        "object": "refund",
        **dict.fromkeys(nothing),
        "amount": amount,
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": asked.get("reason"),
        "status": books.refunds_begin,
    }
    if asked.get("reverse_transfer"):
        refund["transfer_reversal"] = new_id("trr_1", 28)
    if books.refunds_begin == "pending":
        refund["pending_reason"] = "processing"
    return refund


def _recount(books: Books, charge: Object) -> Object:
    """Count a charge's refunds anew; return its fields as they were."""
    kept = [
        one["amount"]
        for one in books.all_of("refund")
        if one["charge"] == charge["id"] and one["status"] not in GIVEN_BACK
    ]
    return change(charge, amount_refunded=sum(kept), refunded=sum(kept) == charge["amount"])


def cancel_refund(books: Books, refund_id: str) -> Object:
    """Cancel a refund that awaits the customer, as the call can.

    Raises:
        Refused: there is none, or it awaits nobody.
    """
    refund = books.find("refund", refund_id)
    if refund["status"] != "requires_action":
        message = f"Refund {refund_id} has a status of `{refund['status']}` and cannot be canceled."
        raise Refused(message, began=True)
    _give_back(books, refund, status="canceled", failure_reason="merchant_request")
    return refund


def withdraw_refund(books: Books, refund_id: str) -> None:
    """Cancel an undecided refund, as people can on Stripe's own pages."""
    refund = _undecided(books, refund_id, UNDECIDED)
    _give_back(books, refund, status="canceled", failure_reason="merchant_request")


def succeed_refund(books: Books, refund_id: str) -> None:
    """Let a bank take an undecided refund."""
    refund = _undecided(books, refund_id, UNDECIDED)
    before = change(refund, status="succeeded", pending_reason=None)
    _tell_of_update(books, refund, before)


def fail_refund(books: Books, refund_id: str, reason: str) -> None:
    """Let a bank send a refund back: undecided, or days after it succeeded."""
    refund = _undecided(books, refund_id, UNDECIDED | {"succeeded"})
    _give_back(books, refund, status="failed", failure_reason=reason)


def _undecided(books: Books, refund_id: str, from_: frozenset[str]) -> Object:
    refund = books.find("refund", refund_id)
    if refund["status"] not in from_:
        raise NoSuchStepError(f"the refund is {refund['status']}")
    return refund


def _give_back(books: Books, refund: Object, **fields: Any) -> None:
    returned = book_return(books, refund)
    before = change(refund, **fields, pending_reason=None, failure_balance_transaction=returned)
    _recount(books, books.objects[refund["charge"]])
    _tell_of_update(books, refund, before)
    if refund["status"] == "failed":
        books.record("refund.failed", refund)


def _tell_of_update(books: Books, refund: Object, before: Object) -> None:
    books.record("refund.updated", refund, before)
    books.record("charge.refund.updated", refund, before)
