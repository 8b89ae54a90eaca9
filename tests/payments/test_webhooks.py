"""What Stripe tells: signed, kept once, in any order, twice, or late."""

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.answering import progress
from supply.db import db, transaction
from supply.payments import checkout, work
from supply.payments.gateway import StripeGateway
from supply.payments.models import Dispute, StripeEvent
from tests.ordering.world import LATER, NOW, World, events, mails
from tests.payments.paying import (
    opened,
    paid,
    payment_of,
    refunds_of,
    run,
    session_of,
    stage_of,
    to_pay,
)
from tests.support.stripe_standin import SECRET, SignedBody, StripeStandin

PATH = "/payments/stripe/webhook"
HOUR = dt.timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def kept() -> list[str]:
    """Return the types of the events that are kept, the first first."""
    found = list(db.session.scalars(sa.select(StripeEvent.type).order_by(StripeEvent.id)))
    db.session.rollback()
    return found


def deliver(client: FlaskClient, stripe: StripeStandin, *types: str) -> list[int]:
    """Let Stripe tell what it has not told yet."""

    def post(signed: SignedBody) -> int:
        return client.post(PATH, data=signed.body, headers=signed.headers).status_code

    return stripe.webhooks.deliver(post, stripe.webhooks.pending(*types))


def test_a_paid_order_is_placed_by_what_the_event_is_about(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    stripe.pay(session_of(opened(world, order_id, gateway)))
    assert set(deliver(client, stripe)) == {200}
    assert "checkout.session.completed" in kept()
    assert stage_of(order_id) == "awaiting_payment"
    run(gateway, NOW)
    assert stage_of(order_id) == "placed"


def test_an_event_told_twice_is_kept_once_and_done_once(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    stripe.pay(session_of(opened(world, order_id, gateway)))
    (event,) = stripe.webhooks.pending("checkout.session.completed")
    signed = stripe.webhooks.signed(event)
    for _again in range(3):
        assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 200
        run(gateway, NOW)
    assert kept() == ["checkout.session.completed"]
    assert [kind for kind, _text in events(order_id)] == ["payment_asked", "paid"]


def test_an_expiry_that_comes_after_the_payment_changes_nothing(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    body = json.dumps(
        {
            "id": "evt_late", "object": "event", "type": "checkout.session.expired",
            "created": int(NOW.timestamp()), "data": {"object": {"id": session_of(payment_id)}},
        }
    )  # fmt: skip
    signed = stripe.webhooks.signed_bytes(body.encode())
    assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 200
    run(gateway, NOW)
    assert (payment_of(payment_id).status, stage_of(order_id)) == ("paid", "placed")


def test_disputes_are_followed(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    charge = str(payment_of(payment_id).charge_id)
    dispute = stripe.open_dispute(charge)
    deliver(client, stripe)
    run(gateway, NOW)
    found = db.session.scalars(sa.select(Dispute)).one()
    assert (found.stripe_id, found.status, found.amount_minor) == (dispute, "needs_response", 7515)
    assert [kind for kind, _text in events(order_id)][-1] == "disputed"
    told = mails()[-1]
    assert told.subject.startswith("A payment is disputed: order ")
    stripe.close_dispute(dispute, won=True)
    deliver(client, stripe)
    run(gateway, NOW)
    db.session.expire_all()
    assert (found.status, found.ended_at) == ("won", NOW)


def test_refunds_are_followed(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)
    stripe.begin_refunds_as("pending")
    run(gateway, LATER)
    stripe.succeed_refund(stripe.objects("refund")[0]["id"])
    deliver(client, stripe)
    run(gateway, LATER)
    assert refunds_of(payment_id) == [("succeeded", 7515)]


def test_events_of_others_on_the_same_account_are_let_be(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    theirs = gateway.create_session(
        {
            "mode": "payment", "success_url": "https://shop.example/thanks",
            "line_items": [
                {"price_data": {"currency": "eur", "unit_amount": 900,
                                "product_data": {"name": "Mug"}}, "quantity": 1}
            ],
        },
        "theirs",
    )  # fmt: skip
    stripe.pay(theirs.session_id)
    deliver(client, stripe)
    assert run(gateway, NOW).get("failed") is None
    assert run(gateway, NOW + HOUR) == {}


def test_an_event_waits_while_stripe_is_away(
    world: World, stripe: StripeStandin, gateway: StripeGateway, client: FlaskClient
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    stripe.pay(session_of(opened(world, order_id, gateway)))
    deliver(client, stripe, "checkout.session.completed")
    stripe.outage(600)
    assert run(gateway, NOW)["failed"] == 1
    stripe.advance(700)
    run(gateway, NOW + HOUR)
    assert stage_of(order_id) == "placed"


def test_an_event_that_cannot_be_taken_over_is_put_off_behind_the_others(
    world: World,
    stripe: StripeStandin,
    gateway: StripeGateway,
    client: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    stripe.pay(session_of(opened(world, order_id, gateway)))
    deliver(client, stripe, "checkout.session.completed")
    with monkeypatch.context() as broken:
        broken.setattr(checkout, "apply", lambda *_one, **_more: 1 // 0)
        assert run(gateway, NOW) == {"failed": 1}
        assert run(gateway, NOW) == {}
    row = db.session.scalars(sa.select(StripeEvent)).one()
    assert (row.attempts, row.due_at, row.last_error) == (
        1, NOW + dt.timedelta(minutes=1), "ZeroDivisionError",
    )  # fmt: skip
    run(gateway, NOW + HOUR)
    assert stage_of(order_id) == "placed"


BODY = b'{"id":"evt_1","type":"refund.created","created":1,"data":{"object":{"id":"re_1"}}}'


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"3", b'"evt"', b"{}", b'{"id":1}', b"\xff\xfe", b"\x00",
     b'{"id":"evt_1","type":"x","created":1,"data":null}',
     b'{"id":"evt_1","type":"x","created":1,"data":{"object":[]}}',
     b'{"id":"evt_1","type":"x","created":1,"data":{"object":{"id":7}}}',
     b'{"id":"evt_1","type":"x","created":"soon","data":{"object":{"id":"re_1"}}}',
     b'{"id":"evt_1","type":"x","created":1e400,"data":{"object":{"id":"re_1"}}}',
     b'{"id":"evt_1","type":"x","created":99999999999999999,"data":{"object":{"id":"re_1"}}}',
     b'{"id":"' + b"e" * 300 + b'","type":"x","created":1,"data":{"object":{"id":"re_1"}}}',
     b'{"id":"evt\\u0000","type":"x","created":1,"data":{"object":{"id":"re_1"}}}',
     b"[" * 100_000],
)  # fmt: skip
def test_a_malformed_body_is_a_400_even_if_it_is_signed(
    world: World, stripe: StripeStandin, client: FlaskClient, body: bytes
) -> None:
    signed = stripe.webhooks.signed_bytes(body)
    assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 400
    assert kept() == []


@pytest.mark.parametrize("age", [-301, 301])
def test_a_stale_or_future_signature_is_refused(
    world: World, stripe: StripeStandin, client: FlaskClient, age: int
) -> None:
    signed = stripe.webhooks.signed_bytes(BODY, age=age)
    assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 400


def test_a_signature_five_minutes_off_either_way_passes(
    world: World, stripe: StripeStandin, client: FlaskClient
) -> None:
    for age in (-300, 300):
        signed = stripe.webhooks.signed_bytes(BODY, age=age)
        assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=,v1=",
        "t=1",
        "v1=abc",
        "t",
        "t=1 ,t=2,v1=a",
        "t=1,v1=abc",
        "nonsense",
        "t=99999999999999999999,v1=a",
    ],
)
def test_a_forged_header_is_refused(
    world: World, stripe: StripeStandin, client: FlaskClient, header: str
) -> None:
    answer = client.post(PATH, data=BODY, headers={"Stripe-Signature": header})
    assert answer.status_code == 400


def test_an_old_signature_beside_a_time_of_now_is_refused(
    world: World, stripe: StripeStandin, client: FlaskClient
) -> None:
    signed = stripe.webhooks.signed_bytes(BODY, age=3600)
    fresh, stale = f"t={int(NOW.timestamp())}", signed.headers["Stripe-Signature"]
    for header in (f"x=1, {fresh},{stale}", f"{fresh},{stale}", f"{stale},{fresh}"):
        answer = client.post(PATH, data=signed.body, headers={"Stripe-Signature": header})
        assert answer.status_code == 400


def test_a_body_changed_by_one_byte_is_refused(
    world: World, stripe: StripeStandin, client: FlaskClient
) -> None:
    signed = stripe.webhooks.signed_bytes(BODY)
    answer = client.post(PATH, data=signed.body + b" ", headers=signed.headers)
    assert answer.status_code == 400


def test_while_a_secret_is_changed_both_are_taken(
    app: Flask, world: World, stripe: StripeStandin, client: FlaskClient
) -> None:
    signed = stripe.webhooks.signed_bytes(BODY)
    app.config["STRIPE_WEBHOOK_SECRETS"] = ("whsec_new", SECRET)
    assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 200
    app.config["STRIPE_WEBHOOK_SECRETS"] = ("whsec_new",)
    assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 400
    app.config["STRIPE_WEBHOOK_SECRETS"] = ()
    assert client.post(PATH, data=signed.body, headers=signed.headers).status_code == 400


def test_nothing_of_a_card_or_its_holder_is_kept() -> None:
    assert {column.name for column in StripeEvent.__table__.columns} == {
        "id", "event_id", "type", "object_id", "created", "received_at", "due_at", "attempts",
        "handled_at", "last_error",
    }  # fmt: skip


def test_reconciling_finds_what_was_never_told(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    counts = work.reconcile(NOW + HOUR, gateway)
    assert stage_of(order_id) == "placed"
    assert counts.failed == 0
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)
    work.reconcile(NOW + 2 * HOUR, gateway)
    assert refunds_of(payment_id) == [("succeeded", 7515)]


def test_reconciling_finds_a_dispute_nobody_told_of(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    _order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    charge = str(payment_of(payment_id).charge_id)
    db.session.rollback()
    stripe.open_dispute(charge)
    work.reconcile(NOW + HOUR, gateway)
    assert db.session.scalar(sa.select(sa.func.count(Dispute.id))) == 1
