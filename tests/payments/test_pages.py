"""Paying on the pages of both sides, and who may."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.answering import answering, progress
from supply.db import db, transaction
from supply.payments import refunding
from supply.payments.gateway import StripeGateway
from supply.payments.models import Payment
from tests.ordering.world import LATER, NOW, World, draft, order_of
from tests.payments.paying import (
    opened,
    paid,
    refunds_of,
    run,
    session_of,
    stage_of,
    to_pay,
)
from tests.support.people import AsPerson
from tests.support.stripe_standin import SECRET_KEY, Fault, StripeStandin


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_pay_by_card_leads_from_the_basket_to_the_page_to_pay(
    world: World, stripe: StripeStandin, as_person: AsPerson
) -> None:
    order_id = draft(world, (world.biotin, 3))
    line = order_of(order_id).lines[0].id
    client = as_person(world.manager)
    page = client.get(f"/c/mitte/orders/{order_id}")
    assert "Pay by card" in page.text
    form = {"do": "card", f"packs_{line}": "2", "form_key": "k1"}
    answer = client.post(f"/c/mitte/basket/{order_id}", data=form)
    (session,) = stripe.objects("checkout.session")
    assert (answer.status_code, answer.location) == (303, session["url"])
    assert (session["amount_total"], stage_of(order_id)) == (5010, "awaiting_payment")
    again = client.post(f"/c/mitte/basket/{order_id}", data=form)
    assert (again.status_code, again.location) == (303, session["url"]), "a double click"


def test_coming_back_takes_over_what_was_paid(
    world: World, stripe: StripeStandin, gateway: StripeGateway, as_person: AsPerson
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    back = stripe.pay(session_of(payment_id))
    assert back is not None
    client = as_person(world.manager)
    answer = client.get(back.removeprefix("http://127.0.0.1:8000"))
    assert (answer.status_code, stage_of(order_id)) == (302, "placed")
    page = client.get(answer.location)
    assert "Paid. The order is with the supplier." in page.text
    assert "€75.15 paid by card" in page.text


def test_coming_back_without_having_paid_places_nothing(
    world: World, stripe: StripeStandin, gateway: StripeGateway, as_person: AsPerson
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    client = as_person(world.manager)
    client.get(f"/c/mitte/orders/{order_id}/payments/{payment_id}/paid")
    page = client.get(f"/c/mitte/orders/{order_id}")
    assert "The payment is not confirmed yet." in page.text
    assert "Pay €75.15 by card" in page.text
    assert "Not paid yet" in page.text
    assert stage_of(order_id) == "awaiting_payment"


def test_while_stripe_is_away_nothing_is_lost_and_it_is_said(
    world: World, stripe: StripeStandin, as_person: AsPerson
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    client = as_person(world.manager)
    stripe.fail_next(Fault.UNAVAILABLE, "POST /v1/checkout/sessions")
    answer = client.post(f"/c/mitte/orders/{order_id}/pay")
    assert answer.location == f"/c/mitte/orders/{order_id}"
    assert "The card page cannot be reached at the moment." in client.get(answer.location).text
    (session,) = [client.post(f"/c/mitte/orders/{order_id}/pay").location]
    assert session.startswith(stripe.url)


def test_on_account_instead(world: World, stripe: StripeStandin, as_person: AsPerson) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    client = as_person(world.manager)
    client.post(f"/c/mitte/orders/{order_id}/pay-on-account")
    assert (stage_of(order_id), order_of(order_id).pay_by) == ("placed", "account")


@pytest.mark.parametrize(
    ("person", "status"), [("viewer", 403), ("outsider", 404), ("seller", 404)]
)
@pytest.mark.parametrize("step", ["pay", "pay-on-account"])
def test_who_may_not_order_may_not_pay(
    world: World, stripe: StripeStandin, as_person: AsPerson, person: str, status: int, step: str
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    client = as_person(getattr(world, person))
    assert client.post(f"/c/mitte/orders/{order_id}/{step}").status_code == status
    assert stage_of(order_id) == "awaiting_payment"
    assert db.session.scalar(sa.select(sa.func.count(Payment.id))) == 0
    assert stripe.requests == []


def test_another_orders_payment_is_nobodys_here(
    world: World, stripe: StripeStandin, gateway: StripeGateway, as_person: AsPerson
) -> None:
    one, other = to_pay(world, (world.biotin, 3)), to_pay(world, (world.gloves, 2))
    payment_id = opened(world, one, gateway)
    client = as_person(world.manager)
    assert client.get(f"/c/mitte/orders/{other}/payments/{payment_id}/paid").status_code == 404


def test_the_supplier_sees_it_only_once_it_is_paid(
    world: World, stripe: StripeStandin, gateway: StripeGateway, as_person: AsPerson
) -> None:
    waiting = to_pay(world, (world.biotin, 1))
    order_id, _payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    client = as_person(world.seller)
    assert client.get(f"/s/dermal/orders/{waiting}").status_code == 404
    page = client.get(f"/s/dermal/orders/{order_id}")
    assert "Payment by card" in page.text
    assert "Paid" in page.text
    assert "Pay €" not in page.text


def test_a_failed_refund_may_be_asked_for_again_by_the_supplier(
    world: World, stripe: StripeStandin, gateway: StripeGateway, as_person: AsPerson
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    with transaction():
        answering.decline(order_id, reason="Sold out.", actor=world.seller_acts, now=LATER)
    stripe.forbid("sk_test_standin", "POST /v1/refunds")
    run(gateway, LATER)
    stripe.forbid("sk_test_standin")
    run(gateway, LATER.replace(hour=23))
    stripe.fail_refund(stripe.objects("refund")[0]["id"])
    run(gateway, LATER.replace(hour=23))
    seen = gateway.refund(stripe.objects("refund")[0]["id"])
    with transaction():
        refunding.told(seen, LATER)
    client = as_person(world.seller)
    page = client.get(f"/s/dermal/orders/{order_id}")
    assert "A refund did not reach the card." in page.text
    client.post(f"/s/dermal/orders/{order_id}/refund-again")
    run(gateway, LATER.replace(hour=23))
    assert refunds_of(payment_id) == [("failed", 7515), ("succeeded", 7515)]
    assert (
        as_person(world.rival).post(f"/s/dermal/orders/{order_id}/refund-again").status_code == 404
    )


def test_the_clinic_asks_again_for_what_its_supplier_never_saw(
    world: World, stripe: StripeStandin, gateway: StripeGateway, as_person: AsPerson
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=NOW)
    intent = stripe.object(session_of(payment_id))["payment_intent"]
    made = gateway.create_refund({"payment_intent": intent}, "by hand")
    run(gateway)
    run(gateway)
    assert refunds_of(payment_id) == [("failed", 7515)]
    stripe.fail_refund(made.id)
    client = as_person(world.manager)
    assert "Ask for the refund again" in client.get(f"/c/mitte/orders/{order_id}").text
    assert client.post(f"/c/mitte/orders/{order_id}/refund-again").status_code == 302
    run(gateway)
    assert refunds_of(payment_id) == [("failed", 7515), ("succeeded", 7515)]
    assert as_person(world.viewer).post(
        f"/c/mitte/orders/{order_id}/refund-again"
    ).status_code == 403  # fmt: skip


def test_without_a_key_no_card_is_offered(world: World, as_person: AsPerson) -> None:
    order_id = draft(world, (world.biotin, 3))
    assert "Pay by card" not in as_person(world.manager).get(f"/c/mitte/orders/{order_id}").text


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({}, "form-action 'self'"),
        ({"STRIPE_SECRET_KEY": SECRET_KEY}, "form-action 'self' https://checkout.stripe.com"),
        (
            {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_API_BASE": "http://127.0.0.1:1"},
            "form-action 'self' https://checkout.stripe.com http://127.0.0.1:1",
        ),
    ],
)
def test_forms_may_lead_on_to_the_page_to_pay(
    make_app: Callable[..., Flask], settings: dict[str, str], allowed: str
) -> None:
    answer = make_app(**settings).test_client().get("/sign-in")
    assert allowed in answer.headers["Content-Security-Policy"].split("; ")


def test_the_list_shows_what_waits_to_be_paid(
    world: World, stripe: StripeStandin, as_person: AsPerson
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    page = as_person(world.manager).get("/c/mitte/orders?show=payment")
    assert order_of(order_id).number in page.text
    assert "Awaiting payment" in page.text
