"""The stand-in for Stripe: idempotency keys."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import stripe

from tests.payments.calls import (
    asked,
    client_of,
    error_of,
    key,
    paid_charge,
)
from tests.support.stripe_standin import (
    LIVE_KEY,
    Fault,
    StripeStandin,
)

DAY = 24 * 3600


def test_a_key_answers_the_same_again(stripe_standin: StripeStandin) -> None:
    sessions = client_of(stripe_standin).v1.checkout.sessions
    first = sessions.create(asked(), key("order-17"))
    stripe_standin.pay(first.id)
    again = sessions.create(asked(), key("order-17"))
    assert again.id == first.id
    assert again.status == "open"
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == stripe_standin.requests[0].id
    assert len(stripe_standin.objects("checkout.session")) == 1


def test_a_key_takes_no_other_parameters(stripe_standin: StripeStandin) -> None:
    client = client_of(stripe_standin)
    client.v1.checkout.sessions.create(asked(), key("order-17"))
    with pytest.raises(stripe.IdempotencyError, match="other parameters") as caught:
        client.v1.checkout.sessions.create(asked(locale="de"), key("order-17"))
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError, match="first used for"):
        client.v1.refunds.create({"charge": "ch_1"}, key("order-17"))
    assert len(stripe_standin.objects("checkout.session")) == 1


def test_a_key_is_forgotten_after_a_day(stripe_standin: StripeStandin) -> None:
    sessions = client_of(stripe_standin).v1.checkout.sessions
    first = sessions.create(asked(), key("order-17"))
    stripe_standin.advance(DAY - 60)
    assert sessions.create(asked(), key("order-17")).id == first.id
    stripe_standin.advance(120)
    assert sessions.create(asked(), key("order-17")).id != first.id


def test_a_key_has_255_characters(stripe_standin: StripeStandin) -> None:
    sessions = client_of(stripe_standin).v1.checkout.sessions
    sessions.create(asked(), key("k" * 255))
    with pytest.raises(stripe.InvalidRequestError, match="255 characters"):
        sessions.create(asked(), key("k" * 256))


def test_keys_of_the_two_modes_are_apart(stripe_standin: StripeStandin) -> None:
    test = client_of(stripe_standin).v1.checkout.sessions.create(asked(), key("order-17"))
    live = client_of(stripe_standin, LIVE_KEY).v1.checkout.sessions.create(asked(), key("order-17"))
    assert (test.livemode, live.livemode) == (False, True)


def test_what_fails_validation_is_not_kept(stripe_standin: StripeStandin) -> None:
    sessions = client_of(stripe_standin).v1.checkout.sessions
    with pytest.raises(stripe.InvalidRequestError):
        sessions.create(asked(customer_email="nobody"), key("order-17"))
    assert sessions.create(asked(), key("order-17")).status == "open"


def test_what_failed_while_carried_out_is_kept(stripe_standin: StripeStandin) -> None:
    refunds = client_of(stripe_standin).v1.refunds
    charge = paid_charge(stripe_standin)
    first = refunds.create({"charge": charge, "amount": 12_000})
    wanted: Any = {"charge": charge, "amount": 12_000}
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        refunds.create(wanted, key("refund-2"))
    stripe_standin.fail_refund(first.id)
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        refunds.create(wanted, key("refund-2"))
    assert stripe_standin.requests[-1].replayed is True


def test_a_twin_under_way_is_refused(stripe_standin: StripeStandin) -> None:
    sessions = client_of(stripe_standin).v1.checkout.sessions
    trouble = stripe_standin.fail_next(Fault.HANG_BEFORE, on="POST /v1/checkout/sessions")
    made: list[str] = []
    first = threading.Thread(
        target=lambda: made.append(sessions.create(asked(), key("order-17")).id)
    )
    first.start()
    trouble.await_arrival()
    with pytest.raises(stripe.StripeError, match="in progress") as caught:
        client_of(stripe_standin).v1.checkout.sessions.create(asked(), key("order-17"))
    assert caught.value.http_status == 409
    assert error_of(caught.value)["code"] == "idempotency_key_in_use"
    trouble.release()
    first.join()
    assert sessions.create(asked(), key("order-17")).id == made[0]
