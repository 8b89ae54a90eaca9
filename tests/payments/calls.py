"""Calls of the real ``stripe`` package, as tests make them."""

from __future__ import annotations

import copy
from typing import Any, cast

import stripe
from stripe import StripeClient

from tests.support.stripe_standin import SECRET_KEY, StripeStandin

TOTAL = 12_900
RETURN = "https://clinic.example/paid?session={CHECKOUT_SESSION_ID}"
BACK = "https://clinic.example/basket"

_SESSION: dict[str, Any] = {
    "mode": "payment",
    "allowed_payment_method_types": ["card"],
    "line_items": [
        {
            "price_data": {
                "currency": "eur",
                "product_data": {"name": "Order 17"},
                "unit_amount": TOTAL,
            },
            "quantity": 1,
        }
    ],
    "success_url": RETURN,
    "cancel_url": BACK,
    "client_reference_id": "order-17",
    "metadata": {"order": "17"},
    "payment_intent_data": {"metadata": {"order": "17"}},
    "adaptive_pricing": {"enabled": False},
    "automatic_tax": {"enabled": False},
}


def client_of(standin: StripeStandin, key: str = SECRET_KEY) -> StripeClient:
    """Return a client that speaks to the stand-in and never repeats by itself."""
    http = stripe.RequestsClient(timeout=10)
    addresses: Any = {"api": standin.url}
    return StripeClient(key, base_addresses=addresses, max_network_retries=0, http_client=http)


def asked(**changed: Any) -> Any:
    """Return what a session is asked for, parts replaced, and left out where None."""
    wanted = {**copy.deepcopy(_SESSION), **changed}
    return {name: value for name, value in wanted.items() if value is not None}


def priced(amount: int, currency: str = "eur", **changed: Any) -> Any:
    """Return what a session of one sum is asked for."""
    data = {"currency": currency, "product_data": {"name": "Order"}, "unit_amount": amount}
    return asked(line_items=[{"price_data": data, "quantity": 1}], **changed)


def open_session(standin: StripeStandin, **changed: Any) -> str:
    """Open a session and return its id."""
    session = client_of(standin).v1.checkout.sessions.create(asked(**changed))
    return session.id


def paid_charge(standin: StripeStandin, **changed: Any) -> str:
    """Open a session, pay it, and return the id of its charge."""
    session_id = open_session(standin, **changed)
    standin.pay(session_id)
    intent = standin.object(standin.object(session_id)["payment_intent"])
    return cast(str, intent["latest_charge"])


def key(name: str) -> Any:
    """Return the options of a call under an idempotency key."""
    return {"idempotency_key": name}


def error_of(raised: stripe.StripeError) -> Any:
    """Return the error object a call was answered with."""
    body: Any = raised.json_body
    return body["error"]
