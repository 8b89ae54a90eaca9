"""What people do at the checkout, and the PaymentIntents and Charges that come of it."""

from __future__ import annotations

from typing import Any, Final, Literal

from tests.support.stripe_standin.balance import book_charge
from tests.support.stripe_standin.books import SESSION, Books, Object, change, new_id
from tests.support.stripe_standin.texts import kept_metadata

Card = Literal["ok", "declined", "3ds_ok", "3ds_abandoned", "delayed"]
"""How the attempt ends. ``delayed`` is a debit that is decided days later."""

DECLINED: Final = "Your card was declined."


class NotOpenError(AssertionError):
    """A person came to a session that is paid or expired, where the page takes no card."""


def pay(books: Books, session_id: str, card: Card) -> str | None:
    """Let a person try ``card`` at the checkout; return where they are sent, None if nowhere.

    Raises:
        NotOpenError: the session is paid or expired.
    """
    session = books.find(SESSION, session_id, "session")
    if session["status"] != "open":
        raise NotOpenError(f"the session is {session['status']}")
    intent = _intent_of(books, session)
    if card == "declined":
        _decline(books, intent)
        return None
    if card.startswith("3ds"):
        _ask_bank(books, intent)
    if card == "3ds_abandoned":
        return None
    if card == "delayed":
        _await_bank(books, session, intent)
    else:
        _succeed(books, session, intent)
    address: str = session["success_url"]
    return address.replace("{CHECKOUT_SESSION_ID}", session_id)


def settle_delayed(books: Books, session_id: str, *, ok: bool) -> None:
    """Let the bank decide on a delayed payment.

    Raises:
        NotOpenError: the session awaits no bank.
    """
    session = books.find(SESSION, session_id, "session")
    intent = books.objects[session["payment_intent"] or ""]
    if intent["status"] != "processing":
        raise NotOpenError(f"the payment is {intent['status']}")
    if ok:
        _charge_now(books, intent)
        change(session, payment_status="paid")
        books.record("checkout.session.async_payment_succeeded", session)
    else:
        _decline(books, intent)
        books.record("checkout.session.async_payment_failed", session)


def _intent_of(books: Books, session: Object) -> Object:
    if known := books.intent_of.get(session["id"]):
        return books.objects[known]
    intent = books.add(_new_intent(books, session))
    books.intent_of[session["id"]] = intent["id"]
    books.record("payment_intent.created", intent)
    return intent


def _new_intent(books: Books, session: Object) -> Object:
    data = books.intent_data[session["id"]]
    intent_id = new_id("pi_3", 27)
    nothing = (
        "amount_details", "application", "canceled_at", "cancellation_reason",
        "customer_account", "excluded_payment_method_types", "last_payment_error",
        "latest_charge", "next_action", "payment_method", "payment_method_configuration_details",
        "presentment_details", "processing", "review", "setup_future_usage", "shipping", "source",
    )  # fmt: skip
    return {
        "id": intent_id,
        "object": "payment_intent",
        **dict.fromkeys(nothing),
        "allowed_payment_method_types": session["allowed_payment_method_types"],
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_received": 0,
        "application_fee_amount": data.get("application_fee_amount"),
        "automatic_payment_methods": None,
        "capture_method": data.get("capture_method", "automatic_async"),
        "client_secret": new_id(f"{intent_id}_secret_", 60),
        "confirmation_method": "automatic",
        "currency": session["currency"],
        "customer": session["customer"],
        "description": data.get("description"),
        "livemode": books.livemode,
        "metadata": kept_metadata(data.get("metadata"), "metadata"),
        "on_behalf_of": data.get("on_behalf_of"),
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "receipt_email": data.get("receipt_email"),
        "statement_descriptor": data.get("statement_descriptor"),
        "statement_descriptor_suffix": data.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_data": data.get("transfer_data"),
        "transfer_group": data.get("transfer_group"),
    }


def _decline(books: Books, intent: Object) -> None:
    charge = _new_charge(books, intent, failed=True)
    error = {
        "charge": charge["id"],
        "code": "card_declined",
        "decline_code": "generic_decline",
        "message": DECLINED,
        "type": "card_error",
    }
    change(
        intent,
        status="requires_payment_method",
        last_payment_error=error,
        latest_charge=charge["id"],
        next_action=None,
    )
    books.record("charge.failed", charge)
    books.record("payment_intent.payment_failed", intent)


def _ask_bank(books: Books, intent: Object) -> None:
    action = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
    change(intent, status="requires_action", next_action=action)
    books.record("payment_intent.requires_action", intent)


def _await_bank(books: Books, session: Object, intent: Object) -> None:
    change(intent, status="processing")
    books.record("payment_intent.processing", intent)
    _complete(books, session, intent, "unpaid")


def _succeed(books: Books, session: Object, intent: Object) -> None:
    _charge_now(books, intent)
    _complete(books, session, intent, "paid")


def _complete(books: Books, session: Object, intent: Object, payment_status: str) -> None:
    change(
        session,
        status="complete",
        payment_status=payment_status,
        payment_intent=intent["id"],
        url=None,
        customer_details=_details(session),
    )
    books.record("checkout.session.completed", session)


def _details(session: Object) -> Object:
    email = session["customer_email"] or "clinic@example.com"
    nothing = ("business_name", "individual_name", "phone")
    return {
        **dict.fromkeys(nothing),
        "address": _address(),
        "email": email,
        "name": "A. Person",
        "tax_exempt": "none",
        "tax_ids": [],
    }


def _address() -> Object:
    return {
        **dict.fromkeys(("city", "line1", "line2", "postal_code", "state")),
        "country": "DE",
    }


def _charge_now(books: Books, intent: Object) -> None:
    charge = _new_charge(books, intent, failed=False)
    book_charge(books, charge)
    change(
        intent,
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
        last_payment_error=None,
        next_action=None,
    )
    books.record("charge.succeeded", charge)
    books.record("payment_intent.succeeded", intent)


def _new_charge(books: Books, intent: Object, *, failed: bool) -> Object:
    nothing = (
        "application", "application_fee", "balance_transaction", "failure_balance_transaction",
        "presentment_details", "receipt_number", "review", "shipping", "source",
        "source_transfer",
    )  # fmt: skip
    copied = (
        "amount", "currency", "customer", "description", "livemode", "on_behalf_of",
        "application_fee_amount", "receipt_email", "statement_descriptor",
        "statement_descriptor_suffix", "transfer_data", "transfer_group",
    )  # fmt: skip
    charge: Object = {
        "id": new_id("ch_3", 27),
        "object": "charge",
        **dict.fromkeys(nothing),
        **{name: intent[name] for name in copied},
        **_outcome(failed=failed),
        "amount_captured": 0 if failed else intent["amount"],
        "amount_refunded": 0,
        "billing_details": {**dict.fromkeys(("email", "name", "phone", "tax_id")),
                            "address": _address()},
        "calculated_statement_descriptor": "SUPPLY",
        "disputed": False,
        "fraud_details": {},
        "metadata": dict(intent["metadata"]),
        "payment_intent": intent["id"],
        "payment_method": new_id("pm_1", 27),
        "payment_method_details": {"card": _card(), "type": "card"},
        "radar_options": {},
        "receipt_url": None if failed else "https://pay.stripe.com/receipts/standin",
        "refunded": False,
    }  # fmt: skip
    if charge["transfer_data"] and not failed:
        charge["transfer"] = new_id("tr_3", 27)
    if charge["application_fee_amount"] and not failed:
        charge["application_fee"] = new_id("fee_1", 28)
    return books.add(charge)


def _outcome(*, failed: bool) -> dict[str, Any]:
    status = "declined_by_network" if failed else "approved_by_network"
    return {
        "captured": not failed,
        "failure_code": "card_declined" if failed else None,
        "failure_message": DECLINED if failed else None,
        "outcome": {
            **dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code")),
            "network_status": status,
            "reason": "generic_decline" if failed else None,
            "risk_level": "normal",
            "risk_score": 12,
            "seller_message": None,
            "type": "issuer_declined" if failed else "authorized",
        },
        "paid": not failed,
        "status": "failed" if failed else "succeeded",
    }


def _card() -> Object:
    return {
        **dict.fromkeys(("checks", "installments", "mandate", "three_d_secure", "wallet")),
        "brand": "visa",
        "country": "DE",
        "exp_month": 12,
        "exp_year": 2040,
        "fingerprint": "Xt5EWLLDS7FJjR1c",
        "funding": "credit",
        "last4": "4242",
        "network": "visa",
    }
