"""Passkeys in a real Chromium, whose device is its own virtual one."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from supply.accounts.queries import person_with_email
from tests.browser.contexts import PHONE, open_context
from tests.conftest import AppFactory
from tests.factories import PASSWORD, make_world
from tests.support.live_server import LiveServer, serving
from tests.support.pages import assert_accessible, assert_no_sideways_scroll
from tests.support.ports import free_port

MANAGER = "manager@example.org"


@pytest.fixture
def named_server(make_app: AppFactory) -> Iterator[LiveServer]:
    """The application under a name: passkeys know no numbers."""
    port = free_port()
    app = make_app(WTF_CSRF_ENABLED=True, PUBLIC_URL=f"http://localhost:{port}")
    with serving(app, port):
        with app.app_context():
            make_world()
            assert person_with_email(MANAGER) is not None
        yield LiveServer(f"http://localhost:{port}", app)


@pytest.fixture
def page(browser: Browser, named_server: LiveServer) -> Iterator[Page]:
    """A phone with a device that keeps passkeys and asks who holds it."""
    faults: list[str] = []
    context = open_context(browser, named_server.url, faults, **PHONE)
    opened = context.new_page()
    session = context.new_cdp_session(opened)
    session.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    yield opened
    context.close()
    assert faults == []


def _looked_at(page: Page) -> None:
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_a_passkey_is_made_and_lets_in(page: Page) -> None:
    page.goto("/account/second-step/passkey")
    page.get_by_label("E-mail").fill(MANAGER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    _looked_at(page)
    page.get_by_label("Name").fill("Trolley tablet")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.locator(".spare-codes li")).to_have_count(10)
    _looked_at(page)
    with page.expect_download() as file:
        page.get_by_role("button", name="Download").click()
    assert file.value.suggested_filename == "supply-recovery-codes.txt"
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Trolley tablet", exact=True)).to_be_visible()
    _looked_at(page)
    page.goto("/account/second-step/passkey")
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey of yours already.")

    page.goto("/account#sessions")
    page.get_by_role("button", name=re.compile("Sign out.*this browser")).click()
    page.get_by_label("E-mail").fill(MANAGER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    _looked_at(page)
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)

    page.goto("/account#sessions")
    page.get_by_role("button", name=re.compile("Sign out.*this browser")).click()
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto("/account")
    expect(page.get_by_text(MANAGER).first).to_be_visible()
