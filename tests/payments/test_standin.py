"""The stand-in for Stripe: what a session may be asked for."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.payments.calls import (
    TOTAL,
    asked,
    client_of,
    error_of,
    open_session,
    priced,
)
from tests.support.stripe_standin import (
    LIVE_KEY,
    SECRET_KEY,
    StripeStandin,
)

HALF_HOUR = 30 * 60
DAY = 24 * 3600


def refused(standin: StripeStandin, wanted: Any) -> stripe.InvalidRequestError:
    """Ask for a session that is refused; nothing is kept of it."""
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(standin).v1.checkout.sessions.create(wanted)
    assert standin.objects("checkout.session") == []
    assert caught.value.http_status == 400
    return caught.value


def test_a_session_is_what_was_asked_for(stripe_standin: StripeStandin) -> None:
    session = client_of(stripe_standin).v1.checkout.sessions.create(asked())
    assert session.id.startswith("cs_test_")
    assert (session.amount_total, session.currency) == (TOTAL, "eur")
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.payment_intent is None
    assert session.client_reference_id == "order-17"
    assert stripe_standin.object(session.id)["metadata"] == {"order": "17"}
    assert session.livemode is False
    assert session.url == f"{stripe_standin.url}/c/pay/{session.id}"
    assert session.expires_at == session.created + DAY


def test_lines_add_up(stripe_standin: StripeStandin) -> None:
    lines = [
        {
            "price_data": {
                "currency": "eur",
                "product_data": {"name": name},
                "unit_amount": amount,
            },
            "quantity": quantity,
        }
        for name, amount, quantity in (("Filler", 1050, 3), ("Carriage", 500, 1))
    ]
    wanted = asked(line_items=lines, expand=["line_items"])
    session = client_of(stripe_standin).v1.checkout.sessions.create(wanted)
    assert session.amount_total == 3650
    assert session.line_items is not None
    assert [(one.description, one.amount_total) for one in session.line_items.data] == [
        ("Filler", 3150),
        ("Carriage", 500),
    ]


def test_test_and_live_mode_know_nothing_of_each_other(stripe_standin: StripeStandin) -> None:
    live = client_of(stripe_standin, LIVE_KEY).v1.checkout.sessions
    session = live.create(asked())
    assert session.id.startswith("cs_live_")
    assert session.livemode is True
    assert live.retrieve(session.id).id == session.id
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client_of(stripe_standin).v1.checkout.sessions.retrieve(session.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")


@pytest.mark.parametrize("secret", ["sk_test_a", "rk_test_a", "sk_live_a", "rk_live_a"])
def test_secret_and_restricted_keys_are_taken(stripe_standin: StripeStandin, secret: str) -> None:
    session = client_of(stripe_standin, secret).v1.checkout.sessions.create(asked())
    assert session.livemode is ("live" in secret)


@pytest.mark.parametrize("secret", ["pk_test_a", "sk_a", "whsec_a", "nonsense"])
def test_other_keys_are_not(stripe_standin: StripeStandin, secret: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        client_of(stripe_standin, secret).v1.checkout.sessions.create(asked())
    assert caught.value.http_status == 401
    assert error_of(caught.value)["type"] == "invalid_request_error"


def test_a_revoked_key_is_refused(stripe_standin: StripeStandin) -> None:
    stripe_standin.revoke(SECRET_KEY)
    with pytest.raises(stripe.AuthenticationError, match="Expired API Key"):
        client_of(stripe_standin).v1.checkout.sessions.create(asked())


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (asked(nonsense="x"), "nonsense"),
        (asked(payment_method_types=["card"]), "payment_method_types"),
        (asked(payment_intent_data={"nonsense": "x"}), "payment_intent_data[nonsense]"),
        (
            asked(line_items=[{"price_data": {"currency": "eur", "vat": "1"}, "quantity": 1}]),
            "line_items[0][price_data][vat]",
        ),
    ],
)
def test_unknown_parameters_are_named(
    stripe_standin: StripeStandin, wanted: Any, name: str
) -> None:
    error = refused(stripe_standin, wanted)
    assert (error.code, error.param) == ("parameter_unknown", name)
    assert error.user_message == f"Received unknown parameter: {name}"


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (asked(mode=None), "mode"),
        (asked(success_url=None), "success_url"),
        (asked(line_items=None), "line_items"),
        (asked(line_items=[{"quantity": 1}]), "line_items[0][price_data]"),
        (
            asked(line_items=[{"price_data": {"unit_amount": 100}, "quantity": 1}]),
            "line_items[0][price_data][currency]",
        ),
        (asked(automatic_tax={"liability": {"type": "self"}}), "automatic_tax[enabled]"),
    ],
)
def test_missing_parameters_are_named(
    stripe_standin: StripeStandin, wanted: Any, name: str
) -> None:
    error = refused(stripe_standin, wanted)
    assert (error.code, error.param) == ("parameter_missing", name)


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (asked(mode="pay"), "mode"),
        (asked(expires_at="soon"), "expires_at"),
        (asked(line_items="Order 17"), "line_items"),
        (asked(line_items={"price_data": {"currency": "eur"}}), "line_items"),
        (asked(metadata="17"), "metadata"),
        (asked(adaptive_pricing={"enabled": "no"}), "adaptive_pricing[enabled]"),
        (asked(client_reference_id=""), "client_reference_id"),
        (asked(client_reference_id={"a": "b"}), "client_reference_id"),
        (asked(customer_email="Dr. Weber"), "customer_email"),
        (asked(success_url="/paid"), "success_url"),
        (priced(5000, "EUR"), "line_items[0][price_data][currency]"),
        (priced(5000, "xyz"), "line_items[0][price_data][currency]"),
        (priced(-5000), "line_items[0][price_data][unit_amount]"),
    ],
)
def test_ill_typed_parameters_are_named(
    stripe_standin: StripeStandin, wanted: Any, name: str
) -> None:
    assert refused(stripe_standin, wanted).param == name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (asked(mode="setup"), "mode"),
        (priced(0), "a session that costs nothing"),
        (asked(allow_promotion_codes=True), "allow_promotion_codes"),
        (asked(automatic_tax={"enabled": True}), "automatic_tax"),
        (asked(shipping_options=[{"shipping_rate": "shr_1"}]), "shipping_options"),
    ],
)
def test_what_it_does_nothing_with_is_said(
    stripe_standin: StripeStandin, wanted: Any, name: str
) -> None:
    error = refused(stripe_standin, wanted)
    assert error.user_message == f"The stand-in does not act on {name}: teach it before it is sent."


def test_a_customer_or_their_address_but_not_both(stripe_standin: StripeStandin) -> None:
    stripe_standin.add_customer("cus_1")
    both = asked(customer="cus_1", customer_email="owner@clinic.example")
    assert refused(stripe_standin, both).param == "customer"
    session_id = open_session(stripe_standin, customer="cus_1")
    assert stripe_standin.object(session_id)["customer"] == "cus_1"


@pytest.mark.parametrize(
    ("metadata", "name"),
    [
        ({f"key{number}": "x" for number in range(51)}, "metadata"),
        ({"k" * 41: "x"}, "metadata"),
        ({"order": "x" * 501}, "metadata[order]"),
    ],
)
def test_metadata_has_limits(
    stripe_standin: StripeStandin, metadata: dict[str, str], name: str
) -> None:
    assert refused(stripe_standin, asked(metadata=metadata)).param == name
    within = {f"{number:040}": "x" * 500 for number in range(50)}
    session_id = open_session(stripe_standin, metadata=within)
    assert stripe_standin.object(session_id)["metadata"] == within


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        (
            asked(payment_intent_data={"metadata": {"order": "x" * 501}}),
            "payment_intent_data[metadata][order]",
        ),
        (
            asked(payment_intent_data={"description": "d" * 1001}),
            "payment_intent_data[description]",
        ),
        (
            asked(payment_intent_data={"statement_descriptor_suffix": "s" * 23}),
            "payment_intent_data[statement_descriptor_suffix]",
        ),
        (asked(success_url="https://clinic.example/" + "p" * 5000), "success_url"),
    ],
)
def test_other_texts_have_limits(stripe_standin: StripeStandin, wanted: Any, name: str) -> None:
    assert refused(stripe_standin, wanted).param == name


def test_a_reference_has_200_characters(stripe_standin: StripeStandin) -> None:
    assert refused(stripe_standin, asked(client_reference_id="r" * 201)).param == (
        "client_reference_id"
    )
    open_session(stripe_standin, client_reference_id="r" * 200)


@pytest.mark.parametrize("ahead", [HALF_HOUR - 60, DAY + 60])
def test_a_session_lives_half_an_hour_to_a_day(stripe_standin: StripeStandin, ahead: int) -> None:
    at = stripe_standin.clock.now() + ahead
    assert refused(stripe_standin, asked(expires_at=at)).param == "expires_at"
    later = stripe_standin.clock.now() + 3600
    session_id = open_session(stripe_standin, expires_at=later)
    assert stripe_standin.object(session_id)["expires_at"] == later


@pytest.mark.parametrize(
    ("least", "currency"),
    [(50, "eur"), (30, "gbp"), (50, "jpy"), (17_500, "huf"), (250, "dkk"), (1500, "czk")],
)
def test_the_least_of_each_currency(
    stripe_standin: StripeStandin, least: int, currency: str
) -> None:
    assert refused(stripe_standin, priced(least - 1, currency)).code == "amount_too_small"
    session = client_of(stripe_standin).v1.checkout.sessions.create(priced(least, currency))
    assert session.amount_total == least


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (priced(100_000_000), "amount_too_large"),
        (priced(12_345, "kwd"), "parameter_invalid_integer"),
        (priced(12_350, "isk"), "parameter_invalid_integer"),
        (priced(12_350, "ugx"), "parameter_invalid_integer"),
    ],
)
def test_sums_a_currency_has_not(stripe_standin: StripeStandin, amount: Any, code: str) -> None:
    assert refused(stripe_standin, amount).code == code


@pytest.mark.parametrize(
    ("amount", "currency"), [(99_999_999, "eur"), (12_340, "kwd"), (12_300, "isk")]
)
def test_sums_a_currency_has(stripe_standin: StripeStandin, amount: int, currency: str) -> None:
    session = client_of(stripe_standin).v1.checkout.sessions.create(priced(amount, currency))
    assert session.amount_total == amount


def test_a_hundred_lines_and_no_more(stripe_standin: StripeStandin) -> None:
    line = asked()["line_items"][0]
    assert refused(stripe_standin, asked(line_items=[line] * 101)).param == "line_items"
    session_id = open_session(stripe_standin, line_items=[line] * 100)
    assert stripe_standin.object(session_id)["amount_total"] == 100 * TOTAL
