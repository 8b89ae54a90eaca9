"""Whole-app: every page asks who is there, every form for its token, every id for its type."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from tests.conftest import AppFactory
from tests.support.cast import Cast
from tests.support.people import sign_in

OPEN = {
    "static",
    "statics.other",
    "health.healthz",
    "health.readyz",
    "accounts.sign_in",
    "accounts.second_code",
    "accounts.second_passkey",
    "accounts.passkey_question",
    "accounts.passkey_sign_in",
    "accounts.demo_sign_in",
    "accounts.forgot",
    "accounts.reset",
    "accounts.invitation",
    "stripe.webhook",
    "desk.answer",
    "desk.send_answer",
    "ordering.decide",
    "ordering.send_decision",
    "alerts.unsubscribe",
    "alerts.stop_mails",
}
"""What anyone may ask for. The API answers for itself: it knows tokens, not sessions."""

TEXT_ARGUMENTS = {
    "clinic_code", "practice_code", "supplier_code", "token", "filename", "form", "number",
    "currency", "digest", "answer", "mark"
}  # fmt: skip

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/")]


def _address(app: Flask, rule: Rule) -> str:
    """Return an address of ``rule``; what it names need not be there."""
    values = {name: _example(rule, name) for name in _names(rule)}
    return str(app.url_map.bind("localhost").build(rule.endpoint, values))


def _names(rule: Rule) -> set[str]:
    """Return what the address itself names; defaults are filled in without it."""
    return rule.arguments - set(rule.defaults or {})


def _example(rule: Rule, name: str) -> object:
    converter = rule._converters[name]
    if isinstance(converter, IntegerConverter):
        return 1
    return next(iter(getattr(converter, "items", ["x"])))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_page_but_a_few_asks_to_sign_in(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    answered = {}
    for rule in _rules(app):
        if rule.endpoint in OPEN:
            continue
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = client.open(_address(app, rule), method=method)
            to_sign_in = answer.headers.get("Location", "").startswith("/sign-in")
            if answer.status_code != 302 or not to_sign_in:
                answered[f"{method} {rule}"] = answer.status_code
    assert answered == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_places_of_others_are_not_there(app: Flask, cast: Cast) -> None:
    """An outsider gets 404 for every address of a clinic, practice or supplier."""
    client = app.test_client()
    sign_in(client, cast.outsider)
    places = {"clinic_code": "a1", "practice_code": "alba", "supplier_code": "acme"}
    found = {}
    for rule in _rules(app):
        if not set(places) & _names(rule):
            continue
        values = {name: places.get(name) or _example(rule, name) for name in _names(rule)}
        address = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            status = client.open(address, method=method).status_code
            if status != 404:
                found[f"{method} {rule}"] = status
    assert found == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_form_needs_its_token(make_app: AppFactory, app: Flask, cast: Cast) -> None:
    protected = make_app(WTF_CSRF_ENABLED=True)
    client = protected.test_client()
    sign_in(client, cast.owner)
    accepted = {
        str(rule): status
        for rule in _rules(protected)
        if "POST" in (rule.methods or set())
        and (status := client.post(_address(protected, rule)).status_code) != 400
    }
    assert accepted == {}
    answer = client.post("/sign-out")
    assert "This form is too old to send" in answer.text
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_id_in_an_address_has_a_type(app: Flask) -> None:
    untyped = [
        str(rule)
        for rule in _rules(app)
        for name in _names(rule)
        if name not in TEXT_ARGUMENTS and not re.search(rf"<int:{name}>", rule.rule)
    ]
    assert untyped == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "path", ["/sign-in", "/nowhere", "/healthz", "/static/app/base.css", "/api/v1/nowhere"]
)
def test_every_answer_has_the_security_headers(app: Flask, path: str) -> None:
    headers = app.test_client().get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS
    policy = headers["Content-Security-Policy"]
    for part in (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_cookies_are_secure_behind_tls(make_app: AppFactory) -> None:
    behind = make_app(SECURE_COOKIES=True, SESSION_COOKIE_SECURE=True, WTF_CSRF_ENABLED=True)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "supply.example"}
    answer = behind.test_client().get("/sign-in", headers=headers, base_url="http://inside")
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("Secure" in cookie and "HttpOnly" in cookie for cookie in cookies)
    plain = make_app().test_client().get("/sign-in")
    assert "Strict-Transport-Security" not in plain.headers
