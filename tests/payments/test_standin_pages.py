"""The stand-in for Stripe: the checkout in a browser, and events posted at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.payments.calls import BACK, asked, client_of, open_session
from tests.support.ports import LOOPBACK, free_port
from tests.support.stripe_standin import SignedBody, StripeStandin, delivering

ROOT = Path(__file__).parents[2]


def visit(url: str, pressed: str | None = None) -> tuple[HTTPResponse, str]:
    """Open a page, or press one of its buttons; return the answer and its text."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    if pressed is None:
        connection.request("GET", parts.path)
    else:
        connection.request("POST", parts.path, f"card={pressed}")
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def test_a_person_pays(stripe_standin: StripeStandin) -> None:
    session_id = open_session(stripe_standin)
    url = stripe_standin.object(session_id)["url"]
    response, text = visit(url)
    assert response.status == 200
    assert "<h1>Pay 129.00 eur</h1>" in text
    assert f'<a href="{BACK}">Back</a>' in text
    response, _text = visit(url, "ok")
    assert response.status == 303
    assert response.headers["Location"] == f"https://clinic.example/paid?session={session_id}"
    assert stripe_standin.object(session_id)["payment_status"] == "paid"
    _response, text = visit(url, "ok")
    assert "The session is complete." in text
    assert len(stripe_standin.objects("charge")) == 1


@pytest.mark.parametrize("pressed", ["declined", "3ds_abandoned"])
def test_a_person_may_try_again(stripe_standin: StripeStandin, pressed: str) -> None:
    session_id = open_session(stripe_standin)
    response, text = visit(stripe_standin.object(session_id)["url"], pressed)
    assert response.status == 200
    assert '<p role="alert">The payment did not go through. Try again.</p>' in text
    assert "<h1>Pay 129.00 eur</h1>" in text
    assert stripe_standin.object(session_id)["status"] == "open"


def test_pages_of_nothing(stripe_standin: StripeStandin) -> None:
    response, _text = visit(f"{stripe_standin.url}/c/pay/cs_test_nobodys")
    assert response.status == 404
    session_id = open_session(stripe_standin)
    url = stripe_standin.object(session_id)["url"]
    visit(url, "nonsense")
    client_of(stripe_standin).v1.checkout.sessions.expire(session_id)
    _response, text = visit(url)
    assert "The session is expired." in text
    assert stripe_standin.objects("charge") == []


def test_events_are_posted_at_once(stripe_standin: StripeStandin) -> None:
    came: list[SignedBody] = []

    def post(signed: SignedBody) -> int:
        came.append(signed)
        return 200

    with delivering(stripe_standin.webhooks, post):
        stripe_standin.pay(open_session(stripe_standin))
    assert stripe_standin.webhooks.pending() == []
    assert len(came) == len(stripe_standin.webhooks.events)
    stripe_standin.pay(open_session(stripe_standin))
    assert len(came) < len(stripe_standin.webhooks.events)


def test_it_runs_by_hand() -> None:
    port = free_port()
    command = [sys.executable, "-m", "tests.support.stripe_standin", "--port", str(port)]
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(3)]
        standin = StripeStandin(f"http://{LOOPBACK}:{port}")
        session = client_of(standin).v1.checkout.sessions.create(asked())
        process.send_signal(signal.SIGTERM)
        assert process.wait() == os.EX_OK
    assert printed[0] == f"STRIPE_API_BASE=http://{LOOPBACK}:{port}\n"
    assert session.url == f"http://{LOOPBACK}:{port}/c/pay/{session.id}"
