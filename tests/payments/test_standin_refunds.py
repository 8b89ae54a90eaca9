"""The stand-in for Stripe: refunds."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.payments.calls import (
    TOTAL,
    client_of,
    paid_charge,
)
from tests.support.stripe_standin import (
    NoSuchStepError,
    StripeStandin,
)


def test_a_refund_in_parts(stripe_standin: StripeStandin) -> None:
    client = client_of(stripe_standin)
    charge = paid_charge(stripe_standin)
    refund = client.v1.refunds.create({"charge": charge, "amount": 900, "metadata": {"line": "3"}})
    assert (refund.status, refund.amount, refund.currency) == ("succeeded", 900, "eur")
    assert stripe_standin.object(refund.id)["metadata"] == {"line": "3"}
    kept = client.v1.charges.retrieve(charge)
    assert (kept.amount_refunded, kept.refunded) == (900, False)
    rest = client.v1.refunds.create({"charge": charge})
    assert rest.amount == TOTAL - 900
    kept = client.v1.charges.retrieve(charge)
    assert (kept.amount_refunded, kept.refunded) == (TOTAL, True)


def test_no_refund_above_what_is_left(stripe_standin: StripeStandin) -> None:
    refunds = client_of(stripe_standin).v1.refunds
    charge = paid_charge(stripe_standin)
    refunds.create({"charge": charge, "amount": 12_000})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded") as caught:
        refunds.create({"charge": charge, "amount": 901})
    assert (caught.value.param, caught.value.code) == ("amount", None)
    refunds.create({"charge": charge, "amount": 900})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refunds.create({"charge": charge, "amount": 1})
    assert caught.value.code == "charge_already_refunded"
    assert stripe_standin.object(charge)["amount_refunded"] == TOTAL


def test_a_refund_by_its_payment_intent(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    intent = stripe_standin.object(charge)["payment_intent"]
    refund = client_of(stripe_standin).v1.refunds.create({"payment_intent": intent})
    assert (refund.charge, refund.payment_intent) == (charge, intent)


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({}, "parameter_missing"),
        ({"charge": "ch_nobodys"}, "resource_missing"),
        ({"charge": "x", "nonsense": 1}, "parameter_unknown"),
        ({"charge": "x", "metadata": {"line": "x" * 501}}, None),
        ({"charge": "x", "reason": "wrong item"}, None),
        ({"charge": "x", "amount": "1.50"}, "parameter_invalid_integer"),
    ],
)
def test_refunds_that_cannot_be(
    stripe_standin: StripeStandin, wanted: Any, code: str | None
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(stripe_standin).v1.refunds.create(wanted)
    assert caught.value.code == code
    assert stripe_standin.objects("refund") == []


def test_a_pending_refund_succeeds(stripe_standin: StripeStandin) -> None:
    stripe_standin.begin_refunds_as("pending")
    charge = paid_charge(stripe_standin)
    refund = client_of(stripe_standin).v1.refunds.create({"charge": charge})
    assert refund.status == "pending"
    assert stripe_standin.object(charge)["refunded"] is True
    stripe_standin.succeed_refund(refund.id)
    assert stripe_standin.object(refund.id)["status"] == "succeeded"
    with pytest.raises(NoSuchStepError):
        stripe_standin.succeed_refund(refund.id)


@pytest.mark.parametrize("begun", ["pending", "succeeded"])
def test_a_failed_refund_gives_the_sum_back(stripe_standin: StripeStandin, begun: Any) -> None:
    stripe_standin.begin_refunds_as(begun)
    charge = paid_charge(stripe_standin)
    refunds = client_of(stripe_standin).v1.refunds
    refund = refunds.create({"charge": charge})
    stripe_standin.fail_refund(refund.id, reason="lost_or_stolen_card")
    failed = refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    kept = stripe_standin.object(charge)
    assert (kept["amount_refunded"], kept["refunded"]) == (0, False)
    (event,) = stripe_standin.webhooks.pending("refund.failed")
    assert event["data"]["object"]["failure_reason"] == "lost_or_stolen_card"
    assert refunds.create({"charge": charge}).amount == TOTAL
    with pytest.raises(NoSuchStepError):
        stripe_standin.fail_refund(refund.id)


def test_only_a_refund_that_awaits_somebody_is_cancelled(stripe_standin: StripeStandin) -> None:
    refunds = client_of(stripe_standin).v1.refunds
    stripe_standin.begin_refunds_as("requires_action")
    charge = paid_charge(stripe_standin)
    refund = refunds.create({"charge": charge})
    assert refunds.cancel(refund.id).status == "canceled"
    assert stripe_standin.object(charge)["amount_refunded"] == 0
    with pytest.raises(stripe.InvalidRequestError, match="cannot be canceled"):
        refunds.cancel(refund.id)


def test_a_pending_refund_is_cancelled_on_their_pages(stripe_standin: StripeStandin) -> None:
    stripe_standin.begin_refunds_as("pending")
    charge = paid_charge(stripe_standin)
    refund = client_of(stripe_standin).v1.refunds.create({"charge": charge})
    stripe_standin.cancel_refund(refund.id)
    assert stripe_standin.object(refund.id)["status"] == "canceled"
    assert stripe_standin.object(charge)["amount_refunded"] == 0
