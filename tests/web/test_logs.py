"""Each request has an id and one line; no line holds anything secret."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.credentials import Throttle
from supply.accounts.models import Person
from supply.db import db, transaction
from supply.web.logs import LineFormatter
from tests.conftest import AppFactory
from tests.support.cast import Cast
from tests.support.people import NOW, sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [record.said for record in caplog.records if hasattr(record, "said")]


@SQLITE
def test_a_request_is_one_line(app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    caplog.set_level(logging.INFO)
    caplog.clear()
    answer = client.get("/c/a1/sessions?patient=P-4711")
    [line] = _lines(caplog)
    assert line.pop("ms") >= 0
    assert line.pop("person") > 0
    assert line == {
        "method": "GET",
        "path": "/c/a1/sessions",
        "status": 200,
        "address": "127.0.0.1",
    }
    assert len(answer.headers["X-Request-ID"]) == 16


@SQLITE
def test_a_form_from_elsewhere_is_one_line(
    make_app: AppFactory, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app(WTF_CSRF_ENABLED=True).test_client()
    caplog.set_level(logging.INFO)
    caplog.clear()
    assert client.post("/sign-in", data={"email": "a@b.example"}).status_code == 400
    assert [record.name for record in caplog.records] == ["supply.request"]


@SQLITE
def test_no_line_tells_a_secret(app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    caplog.set_level(logging.DEBUG, "supply")
    caplog.clear()
    client.get("/reset/SECRET-token")
    client.get("/c/a1/stock?q=SECRET")
    client.get("/c/SECRET name/stock")
    client.get("/nowhere/SECRET")
    client.get("/api/v1/clinics", headers={"Authorization": "Bearer SECRET"})
    client.post("/sign-in", data={"email": "SECRET@clinic.example", "password": "SECRET"})
    formatter = LineFormatter("logfmt")
    text = "\n".join(formatter.format(record) for record in caplog.records)
    assert "SECRET" not in text
    assert [line["path"] for line in _lines(caplog)] == [
        "/reset/<token>",
        "/c/a1/stock",
        "/c/<clinic_code>/stock",
        "-",
        "/api/v1/clinics",
        "/sign-in",
    ]


@SQLITE
@pytest.mark.parametrize(
    ("public_url", "sent", "kept"),
    [
        ("https://supply.example", "from-the-proxy-1", True),
        ("https://supply.example", "short", False),
        ("https://supply.example", "with space and more", False),
        ("https://supply.example", "x" * 65, False),
        ("http://supply.example", "from-a-stranger-1", False),
    ],
)
def test_an_id_counts_only_from_our_proxy(
    make_app: AppFactory, monkeypatch: pytest.MonkeyPatch, public_url: str, sent: str, kept: bool
) -> None:
    monkeypatch.setenv("PUBLIC_URL", public_url)
    answer = make_app().test_client().get("/healthz", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept
    assert len(answer.headers.getlist("X-Request-ID")) == 1


@SQLITE
def test_a_fault_of_ours_is_traced_once_with_its_number(
    make_app: AppFactory, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)

    @app.get("/broken/<token>")
    def broken(token: str) -> str:
        raise LookupError("ours")

    answer = app.test_client().get("/broken/SECRET")
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.text
    traced = [record for record in caplog.records if record.exc_info]
    assert [record.getMessage() for record in traced] == ["GET /broken/<token> failed"]


@pytest.mark.parametrize("fault", ["unique", "check"])
def test_a_fault_at_the_database_tells_no_values(
    make_app: AppFactory, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    app = make_app(PROPAGATE_EXCEPTIONS=False)
    values: dict[str, Any] = {"email": "SECRET@x.example", "name": "SECRET", "locale": "en"}

    @app.post("/broken")
    def broken() -> str:
        with transaction():
            for _turn in range(2):
                if fault == "unique":
                    db.session.execute(sa.insert(Person).values(created_at=NOW, **values))
                else:
                    word = {"subject": "SECRET", "window_start": NOW, "attempts": None}
                    db.session.execute(sa.insert(Throttle).values(word))
        return ""

    app.config["WTF_CSRF_ENABLED"] = False
    assert app.test_client().post("/broken").status_code == 500
    [traced] = [record for record in caplog.records if record.exc_info]
    line = LineFormatter("logfmt").format(traced)
    assert "IntegrityError" in line
    assert "SECRET" not in line
    assert "constraint" in line


@pytest.mark.parametrize("style", ["logfmt", "json"])
def test_a_line_stays_one_line(style: str) -> None:
    record = logging.LogRecord("supply.x", logging.INFO, "", 0, 'a "b"\nc=%s', ("é",), None)
    record.created = 0.0
    record.msecs = 7.0
    line = LineFormatter(style).format(record)
    assert "\n" not in line
    if style == "json":
        assert json.loads(line) == {
            "at": "1970-01-01T00:00:00.007Z",
            "level": "info",
            "log": "supply.x",
            "message": 'a "b"\nc=é',
        }
    else:
        said = r'message="a \"b\"\nc=é"'
        assert line == f"at=1970-01-01T00:00:00.007Z level=info log=supply.x {said}"
