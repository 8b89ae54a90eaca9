"""The stand-in for Stripe: its objects held against those of the real package."""

from __future__ import annotations

from decimal import Decimal
from types import UnionType
from typing import Any, ForwardRef, Literal, TypeVar, Union, get_args, get_origin

import pytest
import stripe
from stripe._stripe_object import UntypedStripeObject

from tests.payments.calls import client_of, open_session, paid_charge
from tests.support.stripe_standin import StripeStandin

CLASSES: dict[str, type] = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "balance_transaction": stripe.BalanceTransaction,
}


def faults(value: Any, kind: Any, path: str) -> list[str]:
    """Return where ``value`` is not what the package says ``kind`` is."""
    if isinstance(kind, ForwardRef):
        kind = getattr(stripe, kind.__forward_arg__, None)
    if kind is Any or isinstance(kind, TypeVar):
        return []
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        return min((faults(value, part, path) for part in parts), key=len)
    if origin is stripe.ListObject and isinstance(value, dict):
        origin, value = list, value["data"]
    if origin is list and isinstance(value, list):
        return [found for one in value for found in faults(one, parts[0], f"{path}[]")]
    if _is_plain(value, kind) or (origin is Literal and value in parts):
        return []
    if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, stripe.StripeObject):
        return _faults_of_object(value, kind, path)
    return [f"{path} is {value!r}"]


def _is_plain(value: Any, kind: Any) -> bool:
    if get_origin(kind) is UntypedStripeObject:
        return isinstance(value, dict)
    return type(value) is (str if kind is Decimal else kind)


def _faults_of_object(value: dict[str, Any], kind: Any, path: str) -> list[str]:
    known = {k: v for k, v in kind.__annotations__.items() if k != "OBJECT_NAME"}
    found = [f"{path} has no {name}" for name in value.keys() - known.keys()]
    for name, part in known.items():
        if name in value:
            found += faults(value[name], part, f"{path}.{name}")
        elif type(None) not in get_args(part):
            found.append(f"{path} lacks {name}")
    return found


def _everything(standin: StripeStandin) -> None:
    standin.connect("acct_1")
    client = client_of(standin)
    open_session(standin)
    client.v1.checkout.sessions.expire(open_session(standin))
    standin.pay(open_session(standin), card="declined")
    standin.pay(open_session(standin), card="3ds_abandoned")
    standin.pay(open_session(standin), card="delayed")
    to_supplier = {
        "transfer_data": {"destination": "acct_1"},
        "on_behalf_of": "acct_1",
        "application_fee_amount": 100,
    }
    charge = paid_charge(standin, payment_intent_data=to_supplier)
    client.v1.refunds.create({"charge": charge, "amount": 100, "reverse_transfer": True})
    charge = paid_charge(standin, locale="de", customer_email="owner@clinic.example")
    refund = client.v1.refunds.create({"charge": charge, "amount": 100})
    standin.fail_refund(refund.id)
    standin.begin_refunds_as("pending")
    client.v1.refunds.create({"charge": charge, "amount": 100})
    standin.close_dispute(standin.open_dispute(charge), won=True)


@pytest.mark.parametrize("kind", CLASSES)
def test_objects_have_the_shape_of_the_package(stripe_standin: StripeStandin, kind: str) -> None:
    _everything(stripe_standin)
    objects = stripe_standin.objects(kind)
    assert objects
    assert [found for one in objects for found in faults(one, CLASSES[kind], kind)] == []


def test_expanded_objects_have_it_too(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id)
    expand: Any = {"expand": ["line_items", "payment_intent.latest_charge.balance_transaction"]}
    session = client_of(stripe_standin).v1.checkout.sessions.retrieve(session_id, expand)
    seen: Any = session.last_response.data if session.last_response else {}
    assert seen["line_items"]["data"][0]["price"]["unit_amount"] == 12_900
    assert faults(seen, stripe.checkout.Session, "checkout.session") == []


def test_the_comparison_sees_a_difference() -> None:
    assert faults({"enabled": 1}, stripe.checkout.Session.AdaptivePricing, "a") == [
        "a.enabled is 1"
    ]
    assert faults({"on": True}, stripe.checkout.Session.AdaptivePricing, "a") == [
        "a has no on",
        "a lacks enabled",
    ]
