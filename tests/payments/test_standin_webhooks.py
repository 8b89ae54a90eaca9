"""The stand-in for Stripe: webhooks, read by the real package."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.payments.calls import client_of, key, open_session, paid_charge
from tests.support.ports import LOOPBACK, free_port
from tests.support.stripe_standin import SECRET, SignedBody, StripeStandin, over_http

HOUR = 3600


def read(signed: SignedBody, secret: str = SECRET, tolerance: int | None = None) -> Any:
    """Read a webhook as the package does."""
    header = signed.headers["Stripe-Signature"]
    if tolerance is None:
        return stripe.Webhook.construct_event(signed.body, header, secret)
    return stripe.Webhook.construct_event(signed.body, header, secret, tolerance)


@contextmanager
def endpoint(*statuses: int) -> Iterator[tuple[str, list[bytes]]]:
    """Run an endpoint that answers ``statuses`` in turn, and give its URL and what came."""
    came: list[bytes] = []
    left = list(statuses)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(left.pop(0))
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/hook", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def types_of(stripe_standin: StripeStandin) -> list[str]:
    """Return the types of the undelivered events, oldest first."""
    return [event["type"] for event in stripe_standin.webhooks.pending()]


def test_events_of_a_payment(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id, card="declined")
    assert types_of(stripe_standin) == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
    ]
    stripe_standin.pay(session_id, card="3ds_ok")
    assert types_of(stripe_standin)[3:] == [
        "payment_intent.requires_action",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_events_of_a_refund_name_its_request(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    before = len(stripe_standin.webhooks.pending())
    client = client_of(stripe_standin)
    refund = client.v1.refunds.create({"charge": charge, "amount": 500}, key("refund-1"))
    stripe_standin.fail_refund(refund.id)
    events = stripe_standin.webhooks.pending()[before:]
    assert [event["type"] for event in events] == [
        "refund.created",
        "charge.refunded",
        "refund.updated",
        "charge.refund.updated",
        "refund.failed",
    ]
    request = stripe_standin.requests[-1]
    assert events[0]["request"] == {"id": request.id, "idempotency_key": "refund-1"}
    assert events[4]["request"] == {"id": None, "idempotency_key": None}
    assert events[2]["data"]["previous_attributes"]["status"] == "succeeded"


def test_an_event_is_how_things_were(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    (event,) = stripe_standin.webhooks.pending("charge.succeeded")
    client_of(stripe_standin).v1.refunds.create({"charge": charge})
    assert event["data"]["object"]["amount_refunded"] == 0
    assert stripe_standin.object(charge)["amount_refunded"] > 0


def test_a_signed_event_is_read(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id)
    (event,) = stripe_standin.webhooks.pending("checkout.session.completed")
    seen = read(stripe_standin.webhooks.signed(event))
    assert (seen.id, seen.type, seen.data.object["id"]) == (event["id"], event["type"], session_id)
    assert (seen.livemode, seen.api_version) == (False, "2026-10-28.endive")


def test_two_secrets_sign_while_one_is_replaced(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    stripe_standin.webhooks.secrets = ["whsec_old", "whsec_new"]
    signed = stripe_standin.webhooks.signed(stripe_standin.webhooks.pending()[0])
    assert signed.headers["Stripe-Signature"].count("v1=") == 2
    assert read(signed, "whsec_old").id == read(signed, "whsec_new").id
    with pytest.raises(stripe.SignatureVerificationError):
        read(signed, SECRET)


def test_a_forged_event_is_refused(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    event = stripe_standin.webhooks.pending()[0]
    forged = stripe_standin.webhooks.signed(event, secrets=["whsec_guessed"])
    with pytest.raises(stripe.SignatureVerificationError):
        read(forged)
    signed = stripe_standin.webhooks.signed(event)
    changed = SignedBody(signed.body.replace(b"payment", b"Payment"), signed.headers)
    with pytest.raises(stripe.SignatureVerificationError):
        read(changed)


def test_a_stale_event_is_refused(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    event = stripe_standin.webhooks.pending()[0]
    with pytest.raises(stripe.SignatureVerificationError, match="tolerance"):
        read(stripe_standin.webhooks.signed(event, age=HOUR))


def test_an_event_from_ahead_of_time_passes_the_package(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    event = stripe_standin.webhooks.pending()[0]
    ahead = stripe_standin.webhooks.signed(event, age=-HOUR)
    assert read(ahead).id == event["id"]
    at = int(ahead.headers["Stripe-Signature"].split(",")[0].removeprefix("t="))
    assert at - stripe_standin.clock.now() in {HOUR, HOUR - 1}


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[]", b"null", b'"evt"', b'{"id": 1}'])
def test_malformed_bodies_can_be_well_signed(stripe_standin: StripeStandin, body: bytes) -> None:
    signed = stripe_standin.webhooks.signed_bytes(body)
    assert signed.body == body
    header = signed.headers["Stripe-Signature"]
    if body == b"\xff":
        with pytest.raises(UnicodeDecodeError):
            read(signed)
    else:
        assert stripe.WebhookSignature.verify_header(body.decode(), header, SECRET) is True


def test_events_are_delivered_until_taken(stripe_standin: StripeStandin) -> None:
    open_session(stripe_standin)
    client_of(stripe_standin).v1.checkout.sessions.expire(
        stripe_standin.objects("checkout.session")[0]["id"]
    )
    with endpoint(500, 200) as (url, came):
        assert stripe_standin.webhooks.deliver(over_http(url)) == [500]
        assert types_of(stripe_standin) == ["checkout.session.expired"]
        assert stripe_standin.webhooks.deliver(over_http(url)) == [200]
    assert types_of(stripe_standin) == []
    assert len(came) == 2
    assert came[0] == came[1]


def test_a_test_chooses_what_comes_when_and_how_often(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    events = stripe_standin.webhooks.pending()
    order = [*reversed(events), events[0]]
    with endpoint(*[200] * 5) as (url, came):
        statuses = stripe_standin.webhooks.deliver(over_http(url), order)
    assert statuses == [200] * 5
    assert [stripe.Event.construct_from(_json(body), None).id for body in came] == [
        event["id"] for event in order
    ]


def test_two_events_may_tell_of_one_change(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    first = stripe_standin.webhooks.pending("charge.succeeded")[0]
    second = stripe_standin.tell_again(first)
    assert second["id"] != first["id"]
    assert second["data"] == first["data"]
    assert stripe_standin.webhooks.pending("charge.succeeded") == [first, second]


def test_an_endpoint_that_is_away(stripe_standin: StripeStandin) -> None:
    paid_charge(stripe_standin)
    away = over_http(f"http://{LOOPBACK}:{free_port()}/hook")
    events = stripe_standin.webhooks.pending()
    assert stripe_standin.webhooks.deliver(away, events[:1]) == [0]
    assert stripe_standin.webhooks.pending() == events


def test_an_endpoint_gets_what_it_asked_for(stripe_standin: StripeStandin) -> None:
    stripe_standin.webhooks.types = {"checkout.session.completed"}
    paid_charge(stripe_standin)
    assert types_of(stripe_standin) == ["checkout.session.completed"]


def _json(body: bytes) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(body)
    return loaded
