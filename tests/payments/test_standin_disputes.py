"""The stand-in for Stripe: disputes, and payments whose destination is a supplier's account."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.payments.calls import TOTAL, asked, client_of, open_session, paid_charge
from tests.support.stripe_standin import NoSuchStepError, StripeStandin

SUPPLIER = "acct_1Supplier"


def disputed(standin: StripeStandin) -> tuple[str, str]:
    """Pay, and dispute it: the ids of the charge and of the dispute."""
    charge = paid_charge(standin)
    return charge, standin.open_dispute(charge)


def test_a_dispute_takes_the_money(stripe_standin: StripeStandin) -> None:
    charge, dispute_id = disputed(stripe_standin)
    client = client_of(stripe_standin)
    dispute = client.v1.disputes.retrieve(dispute_id)
    assert (dispute.status, dispute.amount, dispute.charge) == ("needs_response", TOTAL, charge)
    assert [booked.net for booked in dispute.balance_transactions] == [-TOTAL - 1500]
    assert client.v1.charges.retrieve(charge).disputed is True
    assert [event["type"] for event in stripe_standin.webhooks.pending()[-2:]] == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    assert [one.id for one in client.v1.disputes.list({"charge": charge}).data] == [dispute_id]
    with pytest.raises(stripe.InvalidRequestError, match="charged back") as caught:
        client.v1.refunds.create({"charge": charge})
    assert caught.value.code == "charge_disputed"


@pytest.mark.parametrize(
    ("won", "status", "booked"), [(True, "won", [-TOTAL, TOTAL]), (False, "lost", [-TOTAL])]
)
def test_a_dispute_ends(
    stripe_standin: StripeStandin, won: bool, status: str, booked: list[int]
) -> None:
    _charge, dispute_id = disputed(stripe_standin)
    stripe_standin.close_dispute(dispute_id, won=won)
    dispute = client_of(stripe_standin).v1.disputes.retrieve(dispute_id)
    assert dispute.status == status
    assert [one.amount for one in dispute.balance_transactions] == booked
    reinstated = stripe_standin.webhooks.pending("charge.dispute.funds_reinstated")
    assert len(reinstated) == (1 if won else 0)
    (closed,) = stripe_standin.webhooks.pending("charge.dispute.closed")
    assert closed["data"]["object"]["status"] == status
    with pytest.raises(NoSuchStepError):
        stripe_standin.close_dispute(dispute_id, won=not won)


def test_a_charge_is_refundable_again_once_its_dispute_is_won(
    stripe_standin: StripeStandin,
) -> None:
    charge, dispute_id = disputed(stripe_standin)
    stripe_standin.close_dispute(dispute_id, won=True)
    refund = client_of(stripe_standin).v1.refunds.create({"charge": charge, "amount": 100})
    assert refund.status == "succeeded"


def test_nothing_is_left_to_refund_of_a_lost_one(stripe_standin: StripeStandin) -> None:
    charge, dispute_id = disputed(stripe_standin)
    stripe_standin.close_dispute(dispute_id, won=False)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(stripe_standin).v1.refunds.create({"charge": charge, "amount": 100})
    assert caught.value.code == "charge_disputed"


def test_an_inquiry_takes_nothing(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    dispute_id = stripe_standin.open_dispute(charge, inquiry=True)
    dispute = client_of(stripe_standin).v1.disputes.retrieve(dispute_id)
    assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
    assert stripe_standin.webhooks.pending("charge.dispute.funds_withdrawn") == []
    client_of(stripe_standin).v1.refunds.create({"charge": charge})
    stripe_standin.close_dispute(dispute_id, won=True)
    assert stripe_standin.object(dispute_id)["status"] == "warning_closed"


def test_what_cannot_be_disputed(stripe_standin: StripeStandin) -> None:
    charge, _dispute = disputed(stripe_standin)
    with pytest.raises(NoSuchStepError):
        stripe_standin.open_dispute(charge)
    other = paid_charge(stripe_standin)
    with pytest.raises(NoSuchStepError):
        stripe_standin.open_dispute(other, amount=TOTAL + 1)
    assert len(stripe_standin.objects("dispute")) == 1


# A supplier's own account


def destined(**changed: Any) -> dict[str, Any]:
    """Return what a payment to a supplier's account is asked for with."""
    return {
        "metadata": {"order": "17"},
        "transfer_data": {"destination": SUPPLIER},
        "on_behalf_of": SUPPLIER,
        "application_fee_amount": 129,
        **changed,
    }


def test_a_payment_to_a_supplier(stripe_standin: StripeStandin) -> None:
    stripe_standin.connect(SUPPLIER)
    charge_id = paid_charge(stripe_standin, payment_intent_data=destined())
    charge = client_of(stripe_standin).v1.charges.retrieve(charge_id)
    assert charge.on_behalf_of == SUPPLIER
    assert charge.application_fee_amount == 129
    assert charge.transfer_data is not None
    assert charge.transfer_data.destination == SUPPLIER
    assert str(charge.transfer).startswith("tr_")
    assert str(charge.application_fee).startswith("fee_")


@pytest.mark.parametrize(
    ("intent", "name"),
    [
        (destined(on_behalf_of="acct_other"), "on_behalf_of"),
        (destined(transfer_data={"destination": "acct_other"}), "transfer_data][destination"),
        (destined(transfer_data={"amount": 5}), "transfer_data][destination"),
        (destined(application_fee_amount=TOTAL + 1), "application_fee_amount"),
        (destined(application_fee_amount=0), "application_fee_amount"),
        (
            destined(transfer_data={"destination": SUPPLIER, "amount": 100}),
            "application_fee_amount",
        ),
        ({"application_fee_amount": 129}, "application_fee_amount"),
    ],
)
def test_payments_to_a_supplier_that_cannot_be(
    stripe_standin: StripeStandin, intent: Any, name: str
) -> None:
    stripe_standin.connect(SUPPLIER)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(stripe_standin).v1.checkout.sessions.create(asked(payment_intent_data=intent))
    assert caught.value.param == f"payment_intent_data[{name}]"
    assert stripe_standin.objects("checkout.session") == []


def test_a_refund_takes_the_supplier_s_share_back(stripe_standin: StripeStandin) -> None:
    stripe_standin.connect(SUPPLIER)
    refunds = client_of(stripe_standin).v1.refunds
    charge = paid_charge(stripe_standin, payment_intent_data=destined())
    with pytest.raises(stripe.InvalidRequestError) as caught:
        refunds.create({"charge": charge, "refund_application_fee": True})
    assert caught.value.param == "reverse_transfer"
    assert stripe_standin.object(charge)["amount_refunded"] == 0
    refund = refunds.create(
        {"charge": charge, "reverse_transfer": True, "refund_application_fee": True}
    )
    assert str(refund.transfer_reversal).startswith("trr_")


def test_a_platform_may_choose_to_pay(stripe_standin: StripeStandin) -> None:
    stripe_standin.connect(SUPPLIER)
    stripe_standin.let_platform_pay()
    charge = paid_charge(stripe_standin, payment_intent_data=destined())
    assert client_of(stripe_standin).v1.refunds.create({"charge": charge}).transfer_reversal is None


@pytest.mark.parametrize("name", ["reverse_transfer", "refund_application_fee"])
def test_nothing_to_take_back_from(stripe_standin: StripeStandin, name: str) -> None:
    charge = paid_charge(stripe_standin)
    wanted: Any = {"charge": charge, name: True}
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(stripe_standin).v1.refunds.create(wanted)
    assert caught.value.param == name
    assert stripe_standin.objects("refund") == []


def test_money_never_leaves_twice(stripe_standin: StripeStandin) -> None:
    charge = paid_charge(stripe_standin)
    client_of(stripe_standin).v1.refunds.create({"charge": charge, "amount": 900})
    dispute = stripe_standin.open_dispute(charge)
    assert stripe_standin.object(dispute)["amount"] == TOTAL - 900


def test_a_disputed_session_stays_paid(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    stripe_standin.pay(session_id)
    intent = stripe_standin.object(stripe_standin.object(session_id)["payment_intent"])
    stripe_standin.open_dispute(intent["latest_charge"])
    assert stripe_standin.object(session_id)["payment_status"] == "paid"
