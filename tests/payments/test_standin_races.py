"""The stand-in for Stripe: several at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
import stripe

from tests.payments.calls import TOTAL, asked, client_of, error_of, key, open_session, paid_charge
from tests.support.stripe_standin import NotOpenError, StripeStandin

MANY = 8


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of ``acts`` at one time; return what each gave back or raised."""
    start = Barrier(len(acts))

    def do(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        except (stripe.StripeError, NotOpenError) as error:
            return error

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(do, acts))


def test_of_many_refunds_as_many_as_there_is_money(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    third: Any = {"charge": charge, "amount": TOTAL // 3}
    outcomes = at_once(
        *[lambda: client_of(stripe_standin).v1.refunds.create(third) for _ in range(MANY)]
    )
    assert len([one for one in outcomes if isinstance(one, stripe.Refund)]) == 3
    assert stripe_standin.object(charge)["amount_refunded"] == TOTAL


def test_a_key_asked_with_many_times_does_one_thing(stripe_standin: StripeStandin) -> None:
    outcomes = at_once(
        *[
            lambda: client_of(stripe_standin).v1.checkout.sessions.create(asked(), key("order-17"))
            for _ in range(MANY)
        ]
    )
    (session,) = stripe_standin.objects("checkout.session")
    for one in outcomes:
        if isinstance(one, stripe.StripeError):
            assert error_of(one)["code"] == "idempotency_key_in_use"
        else:
            assert one.id == session["id"]


@pytest.mark.parametrize("_time", range(5))
def test_a_session_is_paid_or_expired(stripe_standin: StripeStandin, _time: int) -> None:
    session_id = open_session(stripe_standin)
    paid, expired = at_once(
        lambda: stripe_standin.pay(session_id),
        lambda: client_of(stripe_standin).v1.checkout.sessions.expire(session_id),
    )
    session = stripe_standin.object(session_id)
    if isinstance(paid, NotOpenError):
        assert (session["status"], session["payment_intent"]) == ("expired", None)
        assert stripe_standin.objects("charge") == []
    else:
        assert session["status"] == "complete"
        assert isinstance(expired, stripe.InvalidRequestError)
