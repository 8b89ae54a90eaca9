"""The API's own page, and what its document says of names, statuses and content types."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from supply.api.reference import sections
from supply.text import clean, has_control

C = "/api/v1/clinics/{clinic_code}"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer: dict[str, Any] = app.test_client().get("/api/v1/openapi.json").get_json()
    return answer


def statuses(document: dict[str, Any], method: str, path: str) -> list[str]:
    return sorted(document["paths"][path][method]["responses"])


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for method, operation in operations.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))
    assert {"stock_receive", "orders_place", "sessions_record", "entries_undo"} <= set(names)


def test_a_call_says_how_it_refuses(document: dict[str, Any]) -> None:
    assert statuses(document, "get", "/api/v1/clinics") == [
        "200",
        "401",
        "403",
        "422",
        "429",
        "503",
    ]
    assert statuses(document, "get", f"{C}/stock") == [
        *("200", "401", "403", "404", "422", "429", "503"),
    ]
    assert statuses(document, "post", f"{C}/receipts") == [
        *("201", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503"),
    ]


def test_refusals_are_problem_documents(document: dict[str, Any]) -> None:
    answers = document["components"]["responses"]
    assert set(answers) == {
        *("BadRequest", "Unauthorized", "Forbidden", "NotFound", "Conflict"),
        *("RequestEntityTooLarge", "UnsupportedMediaType", "UnprocessableEntity"),
        *("TooManyRequests", "ServiceUnavailable"),
    }
    for answer in answers.values():
        assert list(answer["content"]) == ["application/problem+json"]


SEEN = ("HA-10", " HA\u00a010\t", "\u200bÄ", "two\nlines")
UNSEEN = ("", " \t\n", "\u00a0\u2003", "\u200b\u200d\ufeff", "\u00ad\u2028", "\u202a\u2066")
CONTROLS = ("a\x00", "\x1dAB", "a\x7f", "lost \ufffd")


def test_the_document_says_what_text_and_quantities_may_be(document: dict[str, Any]) -> None:
    waste = document["components"]["schemas"]["Waste"]["properties"]
    assert waste["quantity"]["pattern"] == r"^(?=.*[1-9])[0-9]{1,9}(\.[0-9]{1,3})?$"
    code = re.compile(waste["sku"]["pattern"])
    said = {text: code.match(text) is not None for text in (*SEEN, *UNSEEN, *CONTROLS)}
    assert said == dict.fromkeys(SEEN, True) | dict.fromkeys((*UNSEEN, *CONTROLS), False)
    assert [clean(text) for text in UNSEEN] == [""] * len(UNSEEN)
    assert all(map(has_control, CONTROLS))
    lines = document["components"]["schemas"]["Draft"]["properties"]["lines"]
    assert (lines["minItems"], lines["maxItems"]) == (1, 500)


def test_the_page_shows_each_call_with_its_fields(app: Flask, document: dict[str, Any]) -> None:
    found = {op.id: op for section in sections(document) for op in section.operations}
    receive = found["stock_receive"]
    assert (receive.method, receive.path) == ("POST", f"{C}/receipts")
    assert [(f.name, f.kind, f.required) for f in receive.body][:4] == [
        ("order", "integer", False),
        ("lines", "list of objects", True),
        ("lines[].sku", "string", True),
        ("lines[].lot", "string", True),
    ]
    done = receive.answers[0]
    assert (done.status, [field.name for field in done.fields]) == ("201", ["entry", "notes"])

    page = app.test_client().get("/api/v1/docs")
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    for operation in found.values():
        assert f'id="{operation.id}"' in page.text
    assert page.text.count("<h1>") == 1


def test_the_bare_address_leads_to_the_page(app: Flask) -> None:
    answer = app.test_client().get("/api/v1")
    assert (answer.status_code, answer.location) == (302, "/api/v1/docs")
