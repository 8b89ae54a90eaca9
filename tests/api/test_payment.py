"""Orders paid by card, as programs see them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from supply.db import db
from supply.payments import work
from supply.payments.gateway import StripeGateway
from tests.api.calls import Cast, fields_at_fault
from tests.factories import BIOTIN, NOW
from tests.support.cards import take_cards
from tests.support.stripe_standin import SECRET_KEY, Fault, StripeStandin
from tests.support.time import Clock

SESSION = "POST /v1/checkout/sessions"
NOTHING = {"amount": "0.00", "currency": "EUR"}


@pytest.fixture
def stripe(app: Flask, stripe_standin: StripeStandin) -> StripeStandin:
    """Stripe, which the application takes cards with."""
    take_cards(app, stripe_standin, NOW)
    return stripe_standin


def drafted(cast: Cast) -> int:
    wanted = {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": 3}]}
    order: int = cast.api("manager").post("/clinics/riga/orders", wanted).get_json()["order"]
    return order


def payment_in(cast: Cast, order: int, who: str = "manager") -> dict[str, Any]:
    found: dict[str, Any] = cast.api(who).get(f"/orders/{order}").get_json()["payment"]
    return found


def test_an_order_is_placed_to_be_paid_and_paid(
    cast: Cast, now: Clock, stripe: StripeStandin
) -> None:
    order = drafted(cast)
    manager = cast.api("manager")
    placed = manager.post(f"/orders/{order}/place", {"pay": "card"}, key="p")
    (session,) = stripe.objects("checkout.session")
    answer = placed.get_json()
    total = answer["total"]
    assert (placed.status_code, answer["order"], answer["status"], answer["checkout_url"]) == (
        200, order, "awaiting_payment", session["url"],
    )  # fmt: skip
    again = manager.post(f"/orders/{order}/place", {"pay": "card"}, key="p")
    assert (again.status_code, again.get_json()) == (200, answer)
    assert len(stripe.requests_to(SESSION)) == 1
    assert cast.api("fulfiller").get(f"/orders/{order}").status_code == 404
    assert payment_in(cast, order) == {
        "method": "card", "status": "open", "paid": NOTHING, "refunded": NOTHING,
    }  # fmt: skip
    stripe.pay(session["id"])
    db.session.rollback()
    work.reconcile(NOW, StripeGateway(SECRET_KEY, stripe.url))
    assert payment_in(cast, order, "fulfiller") == {
        "method": "card", "status": "paid", "paid": total, "refunded": NOTHING,
    }  # fmt: skip
    cancelled = manager.post(f"/orders/{order}/cancel", {"reason": "Not needed."})
    assert cancelled.status_code == 200
    db.session.rollback()
    work.run(NOW, StripeGateway(SECRET_KEY, stripe.url))
    assert payment_in(cast, order) == {
        "method": "card", "status": "refunded", "paid": total, "refunded": total,
    }  # fmt: skip


def test_on_account_where_nothing_is_said(cast: Cast, now: Clock, stripe: StripeStandin) -> None:
    order = drafted(cast)
    placed = cast.api("manager").post(f"/orders/{order}/place", {})
    assert (placed.status_code, placed.get_json()["status"]) == (200, "placed")
    assert "checkout_url" not in placed.get_json()
    assert payment_in(cast, order)["status"] == "on_account"
    assert stripe.requests == []


def test_the_same_call_again_gets_the_page_after_an_outage(
    cast: Cast, now: Clock, stripe: StripeStandin
) -> None:
    order = drafted(cast)
    manager = cast.api("manager")
    stripe.fail_next(Fault.UNAVAILABLE, SESSION)
    away = manager.post(f"/orders/{order}/place", {"pay": "card"}, key="p")
    assert away.status_code == 503
    again = manager.post(f"/orders/{order}/place", {"pay": "card"}, key="p")
    (session,) = stripe.objects("checkout.session")
    assert (again.status_code, again.get_json()["checkout_url"]) == (200, session["url"])


def test_a_page_that_has_expired_is_made_anew_by_the_same_call(
    cast: Cast, now: Clock, stripe: StripeStandin
) -> None:
    order = drafted(cast)
    manager = cast.api("manager")
    first = manager.post(f"/orders/{order}/place", {"pay": "card"}, key="p").get_json()
    now.now = NOW + dt.timedelta(hours=24)
    stripe.stand_at(now.now)
    answers = []
    for key in ("p", "q", None):
        again = manager.post(f"/orders/{order}/place", {"pay": "card"}, key=key)
        assert again.status_code == 200
        answers.append(again.get_json()["checkout_url"])
    (_expired, session) = stripe.objects("checkout.session")
    assert answers == [session["url"]] * 3
    assert first["checkout_url"] != session["url"]


def test_without_a_key_a_card_is_refused(cast: Cast, now: Clock) -> None:
    order = drafted(cast)
    refused = cast.api("manager").post(f"/orders/{order}/place", {"pay": "card"})
    assert (refused.status_code, refused.get_json()["detail"]) == (409, "Cards are not taken here.")
    assert cast.api("manager").get(f"/orders/{order}").get_json()["status"] == "draft"


def test_another_way_to_pay_is_named(cast: Cast, now: Clock) -> None:
    order = drafted(cast)
    refused = cast.api("manager").post(f"/orders/{order}/place", {"pay": "cheque"})
    assert (refused.status_code, fields_at_fault(refused)) == (422, ["pay"])
