"""Checkout Sessions: open, then either paid or expired, never both."""

from __future__ import annotations

from typing import Any, Final

from tests.support.stripe_standin.books import SESSION, Books, Object, change, new_id
from tests.support.stripe_standin.errors import Refused
from tests.support.stripe_standin.session_rules import LONGEST_LIFE, check_session
from tests.support.stripe_standin.texts import kept_metadata

_NOTHING: Final = (
    "branding_settings", "client_secret", "collected_information", "consent",
    "consent_collection", "currency_conversion", "customer_account", "customer_details",
    "excluded_payment_method_types", "integration_identifier", "invoice", "managed_payments",
    "name_collection", "optional_items", "origin_context", "payment_intent", "payment_link",
    "payment_method_configuration_details", "permissions", "presentment_details",
    "recovered_from", "redirect_on_completion", "return_url", "saved_payment_method_options",
    "setup_intent", "shipping_address_collection", "shipping_cost", "subscription",
    "wallet_options",
)  # fmt: skip
"""Fields a session of ours never fills, or only later."""


def create_session(books: Books, asked: dict[str, Any]) -> Object:
    """Keep a new open session.

    Raises:
        Refused: the session may not be asked for so.
    """
    check_session(asked, books)
    lines = asked["line_items"]
    session_id = new_id(f"cs_{'live' if books.livemode else 'test'}_a1", 66)
    currency = lines[0]["price_data"]["currency"]
    items = [_line_item(books, line, currency) for line in lines]
    books.lines[session_id] = items
    books.intent_data[session_id] = asked.get("payment_intent_data", {})
    total = sum(item["amount_total"] for item in items)
    session = _session(books, asked, session_id)
    session |= {"currency": currency, "amount_subtotal": total, "amount_total": total}
    return books.add(session)


def _session(books: Books, asked: dict[str, Any], session_id: str) -> Object:
    later = books.clock.now() + LONGEST_LIFE
    return {
        "id": session_id,
        "object": SESSION,
        **dict.fromkeys(_NOTHING),
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": asked.get("allow_promotion_codes"),
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": asked.get("billing_address_collection"),
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "custom_fields": [],
        "custom_text": _custom_text(asked.get("custom_text", {})),
        "customer": asked.get("customer"),
        "customer_creation": "if_required",
        "customer_email": asked.get("customer_email"),
        "discounts": [],
        "expires_at": asked.get("expires_at", later),
        "invoice_creation": _no_invoice(),
        "livemode": books.livemode,
        "locale": asked.get("locale"),
        "metadata": kept_metadata(asked.get("metadata"), "metadata"),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "submit_type": asked.get("submit_type"),
        "success_url": asked["success_url"],
        "tax_id_collection": {"enabled": False, "required": "never"},
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{books.pages}/c/pay/{session_id}",
    }


def _custom_text(given: dict[str, Any]) -> Object:
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: given.get(name) or None for name in names}


def _no_invoice() -> Object:
    names = ("account_tax_ids", "custom_fields", "description", "footer", "issuer",
             "rendering_options")  # fmt: skip
    return {"enabled": False, "invoice_data": {**dict.fromkeys(names), "metadata": {}}}


def _line_item(books: Books, line: dict[str, Any], currency: str) -> Object:
    price = line["price_data"]
    total = price["unit_amount"] * line["quantity"]
    return {
        "id": new_id("li_1", 27),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": price["product_data"]["name"],
        "metadata": kept_metadata(line.get("metadata"), "metadata"),
        "price": _price(books, price, currency),
        "quantity": line["quantity"],
    }


def _price(books: Books, price: dict[str, Any], currency: str) -> Object:
    nothing = ("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode",
               "transform_quantity")  # fmt: skip
    return {
        "id": new_id("price_1", 30),
        "object": "price",
        **dict.fromkeys(nothing),
        "active": False,
        "billing_scheme": "per_unit",
        "created": books.clock.now(),
        "currency": currency,
        "livemode": books.livemode,
        "metadata": {},
        "product": new_id("prod_", 19),
        "tax_behavior": price.get("tax_behavior", "unspecified"),
        "type": "one_time",
        "unit_amount": price["unit_amount"],
        "unit_amount_decimal": str(price["unit_amount"]),
    }


def expire_session(books: Books, session_id: str) -> Object:
    """Expire an open session because it was asked for.

    Raises:
        Refused: there is none, or it is no longer open.
    """
    session = books.find(SESSION, session_id, "session")
    if session["status"] != "open":
        raise Refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`.",
            began=True,
        )
    _expire(books, session, books.clock.now())
    return session


def expire_due(books: Books) -> None:
    """Expire the open sessions whose time is over, each at its own instant."""
    now = books.clock.now()
    due = [one for one in books.all_of(SESSION) if one["status"] == "open"]
    for session in sorted(due, key=lambda one: int(one["expires_at"])):
        if session["expires_at"] <= now:
            _expire(books, session, session["expires_at"])


def _expire(books: Books, session: Object, at: int) -> None:
    change(session, status="expired", url=None)
    if intent_id := books.intent_of.get(session["id"]):
        intent = books.objects[intent_id]
        change(intent, status="canceled", canceled_at=at, cancellation_reason="expired")
        books.record("payment_intent.canceled", intent, at=at)
    books.record("checkout.session.expired", session, at=at)
