"""The stand-in for Stripe: what goes wrong between a caller and it."""

from __future__ import annotations

import datetime as dt
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import stripe
from stripe import StripeClient

from tests.payments.calls import asked, client_of, error_of, key, open_session, paid_charge
from tests.support.stripe_standin import SECRET_KEY, Fault, StripeStandin, running_standin

SESSIONS = "POST /v1/checkout/sessions"
HOUR = 3600


def create(standin: StripeStandin) -> str:
    """Ask for the session of one order, under its key."""
    return client_of(standin).v1.checkout.sessions.create(asked(), key("order-17")).id


def made(standin: StripeStandin) -> list[str]:
    """Return the ids of the sessions there are."""
    return [one["id"] for one in standin.objects("checkout.session")]


def test_an_answer_lost_after_it_took_effect(stripe_standin: StripeStandin) -> None:
    stripe_standin.fail_next(Fault.DROP_AFTER, on=SESSIONS)
    with pytest.raises(stripe.APIConnectionError):
        create(stripe_standin)
    (session_id,) = made(stripe_standin)
    assert create(stripe_standin) == session_id
    assert stripe_standin.requests[-1].replayed is True


def test_a_connection_lost_before_anything_was_done(stripe_standin: StripeStandin) -> None:
    stripe_standin.fail_next(Fault.DROP_BEFORE, on=SESSIONS)
    with pytest.raises(stripe.APIConnectionError):
        create(stripe_standin)
    assert made(stripe_standin) == []
    assert made(stripe_standin) != [create(stripe_standin)]
    assert stripe_standin.requests[-1].replayed is False


@pytest.mark.parametrize(("fault", "count"), [(Fault.ERROR_BEFORE, 0), (Fault.ERROR_AFTER, 1)])
def test_an_error_is_what_the_key_answers_from_then_on(
    stripe_standin: StripeStandin, fault: Fault, count: int
) -> None:
    stripe_standin.fail_next(fault, on=SESSIONS)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(stripe_standin)
        assert caught.value.http_status == 500
        assert error_of(caught.value)["type"] == "api_error"
        assert len(made(stripe_standin)) == count
    assert [request.replayed for request in stripe_standin.requests] == [False, True]


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        (Fault.TOO_MANY, 429, stripe.RateLimitError),
        (Fault.UNAVAILABLE, 503, stripe.APIError),
    ],
)
def test_what_was_turned_away_is_not_kept(
    stripe_standin: StripeStandin, fault: Fault, status: int, error: Any
) -> None:
    stripe_standin.fail_next(fault, on=SESSIONS, times=2)
    for _ in range(2):
        with pytest.raises(error) as caught:
            create(stripe_standin)
        assert caught.value.http_status == status
    assert made(stripe_standin) == []
    assert [create(stripe_standin)] == made(stripe_standin)


def test_an_hour_of_nothing(stripe_standin: StripeStandin) -> None:
    stripe_standin.outage(HOUR)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            create(stripe_standin)
        assert caught.value.http_status == 503
        stripe_standin.advance(HOUR // 2 - 60)
    stripe_standin.advance(121)
    assert [create(stripe_standin)] == made(stripe_standin)


@pytest.mark.parametrize(("fault", "count"), [(Fault.HANG_BEFORE, 0), (Fault.HANG_AFTER, 1)])
def test_a_caller_that_gives_up_waiting(
    stripe_standin: StripeStandin, fault: Fault, count: int
) -> None:
    trouble = stripe_standin.fail_next(fault, on=SESSIONS)
    http = stripe.RequestsClient(timeout=0.1)
    addresses: Any = {"api": stripe_standin.url}
    client = StripeClient(
        SECRET_KEY, base_addresses=addresses, max_network_retries=0, http_client=http
    )
    with pytest.raises(stripe.APIConnectionError):
        client.v1.checkout.sessions.create(asked(), key("order-17"))
    trouble.await_arrival()
    assert len(made(stripe_standin)) == count
    trouble.release_and_await_end()
    (session_id,) = made(stripe_standin)
    assert create(stripe_standin) == session_id


def test_half_a_text(stripe_standin: StripeStandin) -> None:
    stripe_standin.fail_next(Fault.TRUNCATED, on=SESSIONS)
    with pytest.raises(stripe.APIError, match="Invalid response body"):
        create(stripe_standin)
    assert [create(stripe_standin)] == made(stripe_standin)


def test_half_an_answer(stripe_standin: StripeStandin) -> None:
    stripe_standin.fail_next(Fault.CUT_OFF, on=SESSIONS)
    with pytest.raises(stripe.APIConnectionError):
        create(stripe_standin)
    assert [create(stripe_standin)] == made(stripe_standin)


def test_a_fault_waits_for_its_request(stripe_standin: StripeStandin) -> None:
    stripe_standin.fail_next(Fault.UNAVAILABLE, on="POST /v1/refunds")
    charge = paid_charge(stripe_standin)
    with pytest.raises(stripe.APIError):
        client_of(stripe_standin).v1.refunds.create({"charge": charge})
    stripe_standin.fail_next(Fault.UNAVAILABLE, on="GET *")
    with pytest.raises(stripe.APIError):
        client_of(stripe_standin).v1.charges.retrieve(charge)
    assert client_of(stripe_standin).v1.refunds.create({"charge": charge}).charge == charge


def test_a_standin_that_ends_lets_go() -> None:
    with running_standin() as standin:
        trouble = standin.fail_next(Fault.HANG_BEFORE)
        connection = HTTPConnection(urlsplit(standin.url).netloc)
        connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {SECRET_KEY}"})
        trouble.await_arrival()
    assert connection.getresponse().status == 200
    connection.close()


# Requests


def test_requests_are_kept(stripe_standin: StripeStandin) -> None:
    session_id = create(stripe_standin)
    client_of(stripe_standin).v1.checkout.sessions.expire(session_id)
    first, second = stripe_standin.requests
    assert (first.method, first.path, first.status) == ("POST", "/v1/checkout/sessions", 200)
    assert first.params["metadata"] == {"order": "17"}
    assert first.headers["Idempotency-Key"] == "order-17"
    assert first.headers["Authorization"] == f"Bearer {SECRET_KEY}"
    assert second.line == f"POST /v1/checkout/sessions/{session_id}/expire"
    assert stripe_standin.requests_to(SESSIONS) == [first]
    assert stripe_standin.requests_to("POST */expire") == [second]


def say(standin: StripeStandin, method: str, path: str, body: str = "", **headers: str) -> int:
    """Send a request byte by byte and return its status."""
    connection = HTTPConnection(urlsplit(standin.url).netloc)
    sent = {"Authorization": f"Bearer {SECRET_KEY}", **headers}
    sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    connection.request(method, path, body, sent)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nonsense", 404),
        ("GET", "/v1/refunds/re_1/cancel", 404),
        ("DELETE", "/v1/refunds/re_1", 404),
        ("POST", "/v1/payment_intents", 404),
        ("GET", "/v1/events?types[]=a&types[]=b", 200),
        ("GET", "/v1/events?types[0]=a&types[1]=b", 200),
        ("GET", "/v1/events?types=a", 400),
        ("GET", "/v1/events?limit[a]=1", 400),
        ("GET", "/v1/events?limit=1&limit[a]=1", 400),
        ("GET", "/v1/events?limit[a=1", 400),
        ("GET", "/v1/events?[]=1", 400),
    ],
)
def test_addresses_and_names(
    stripe_standin: StripeStandin, method: str, path: str, status: int
) -> None:
    assert say(stripe_standin, method, path) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 400),
        ({"Stripe-Version": "2020-08-27"}, 400),
        ({"Stripe-Version": "2026-10-28.endive"}, 404),
        ({"Stripe-Account": "acct_1"}, 403),
        ({"Authorization": "Basic c2tfdGVzdF9hOg=="}, 404),
        ({"Authorization": ""}, 401),
        ({"Authorization": "Basic ?"}, 401),
        ({"Idempotency-Key": ""}, 400),
    ],
)
def test_headers(stripe_standin: StripeStandin, headers: dict[str, str], status: int) -> None:
    assert say(stripe_standin, "POST", "/v1/refunds", "charge=ch_1", **headers) == status


def test_a_restricted_key_lacks_what_it_was_not_given(stripe_standin: StripeStandin) -> None:
    stripe_standin.forbid("rk_test_a", "POST /v1/refunds")
    charge = paid_charge(stripe_standin)
    client = client_of(stripe_standin, "rk_test_a")
    with pytest.raises(stripe.PermissionError) as caught:
        client.v1.refunds.create({"charge": charge})
    assert caught.value.http_status == 403
    assert client.v1.charges.retrieve(charge).amount_refunded == 0
    stripe_standin.forbid("rk_test_a", "GET /v1/charges/*")
    with pytest.raises(stripe.PermissionError):
        client.v1.charges.retrieve(charge)


def test_its_clock_stands_where_it_is_put(stripe_standin: StripeStandin) -> None:
    stripe_standin.stand_at(dt.datetime(2026, 3, 29, 1, 30, tzinfo=dt.UTC))
    session_id = open_session(stripe_standin)
    assert stripe_standin.object(session_id)["created"] == 1_774_747_800
    stripe_standin.advance(HOUR)
    assert stripe_standin.clock.now() == 1_774_747_800 + HOUR
