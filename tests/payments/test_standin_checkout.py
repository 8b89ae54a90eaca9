"""The stand-in for Stripe: what people do at the checkout."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.payments.calls import (
    BACK,
    TOTAL,
    client_of,
    open_session,
    paid_charge,
)
from tests.support.stripe_standin import (
    NotOpenError,
    StripeStandin,
)

DAY = 24 * 3600


def test_a_paid_session(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    sent_to = stripe_standin.pay(session_id)
    assert sent_to == f"https://clinic.example/paid?session={session_id}"
    client = client_of(stripe_standin)
    expand: Any = {"expand": ["payment_intent.latest_charge"]}
    session = client.v1.checkout.sessions.retrieve(session_id, expand)
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    intent: Any = session.payment_intent
    assert (intent.status, intent.amount_received, intent.currency) == ("succeeded", TOTAL, "eur")
    assert intent.metadata["order"] == "17"
    charge = intent.latest_charge
    assert (charge.paid, charge.amount, charge.amount_refunded) == (True, TOTAL, 0)
    assert client.v1.charges.retrieve(charge.id).payment_intent == intent.id
    assert client.v1.payment_intents.retrieve(intent.id).latest_charge == charge.id


def test_metadata_of_a_session_does_not_reach_its_payment(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin, payment_intent_data=None)
    assert stripe_standin.object(charge)["metadata"] == {}


@pytest.mark.parametrize("card", ["declined", "3ds_abandoned"])
def test_a_session_stays_open_until_a_card_is_taken(
    stripe_standin: StripeStandin, card: Any
) -> None:
    session_id = open_session(stripe_standin)
    assert stripe_standin.pay(session_id, card=card) is None
    session = stripe_standin.object(session_id)
    assert (session["status"], session["payment_intent"]) == ("open", None)
    (first,) = stripe_standin.objects("payment_intent")
    stripe_standin.pay(session_id, card="3ds_ok")
    assert stripe_standin.object(session_id)["payment_intent"] == first["id"]
    assert stripe_standin.object(first["id"])["amount_received"] == TOTAL


def test_nobody_pays_twice(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id)
    with pytest.raises(NotOpenError):
        stripe_standin.pay(session_id)
    assert len(stripe_standin.objects("charge")) == 1


def test_leaving_changes_nothing(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    assert stripe_standin.abandon(session_id) == BACK
    assert stripe_standin.object(session_id)["status"] == "open"
    assert stripe_standin.webhooks.pending() == []


def test_an_open_session_expires_when_asked(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    session = client_of(stripe_standin).v1.checkout.sessions.expire(session_id)
    assert (session.status, session.payment_status, session.url) == ("expired", "unpaid", None)
    with pytest.raises(NotOpenError):
        stripe_standin.pay(session_id)
    (event,) = stripe_standin.webhooks.pending()
    assert (event["type"], event["data"]["object"]["id"]) == (
        "checkout.session.expired",
        session_id,
    )


def test_an_open_session_expires_with_time(stripe_standin: StripeStandin) -> None:
    at = stripe_standin.clock.now() + 3600
    session_id = open_session(stripe_standin, expires_at=at)
    stripe_standin.pay(session_id, card="declined")
    stripe_standin.advance(2 * 3600)
    assert stripe_standin.object(session_id)["status"] == "expired"
    (event,) = stripe_standin.webhooks.pending("checkout.session.expired")
    assert event["created"] == at
    (intent,) = stripe_standin.objects("payment_intent")
    assert intent["status"] == "canceled"
    with pytest.raises(NotOpenError):
        stripe_standin.pay(session_id)


@pytest.mark.parametrize("end", ["paid", "expired"])
def test_only_an_open_session_can_be_expired(stripe_standin: StripeStandin, end: str) -> None:
    session_id = open_session(stripe_standin)
    sessions = client_of(stripe_standin).v1.checkout.sessions
    if end == "paid":
        stripe_standin.pay(session_id)
    else:
        sessions.expire(session_id)
    before = dict(stripe_standin.object(session_id))
    with pytest.raises(stripe.InvalidRequestError, match="can be expired") as caught:
        sessions.expire(session_id)
    assert caught.value.http_status == 400
    assert stripe_standin.object(session_id) == before


def test_a_paid_session_never_expires(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id)
    stripe_standin.advance(2 * DAY)
    assert stripe_standin.object(session_id)["status"] == "complete"
    assert stripe_standin.webhooks.pending("checkout.session.expired") == []


def test_the_payment_of_a_session_cannot_be_cancelled(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id, card="declined")
    (intent,) = stripe_standin.objects("payment_intent")
    with pytest.raises(stripe.InvalidRequestError, match="expire the session"):
        client_of(stripe_standin).v1.payment_intents.cancel(intent["id"])
    assert stripe_standin.object(intent["id"])["status"] == "requires_payment_method"


@pytest.mark.parametrize("ok", [True, False])
def test_a_delayed_payment_is_complete_before_it_is_paid(
    stripe_standin: StripeStandin, ok: bool
) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id, card="delayed")
    session = stripe_standin.object(session_id)
    assert (session["status"], session["payment_status"]) == ("complete", "unpaid")
    stripe_standin.settle_delayed(session_id, ok=ok)
    word = "succeeded" if ok else "failed"
    assert stripe_standin.object(session_id)["payment_status"] == ("paid" if ok else "unpaid")
    (event,) = stripe_standin.webhooks.pending(f"checkout.session.async_payment_{word}")
    assert event["data"]["object"]["id"] == session_id


def test_fields_can_be_made_to_disagree(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id)
    stripe_standin.tamper(session_id, amount_total=1, livemode=True)
    session = client_of(stripe_standin).v1.checkout.sessions.retrieve(session_id)
    assert (session.amount_total, session.livemode) == (1, True)
    with pytest.raises(AssertionError, match="has no amount_totl"):
        stripe_standin.tamper(session_id, amount_totl=1)
