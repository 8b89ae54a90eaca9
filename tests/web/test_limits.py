"""What no database could keep: refused in words, on both engines, and nothing is changed."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import text
from supply.accounts.models import Person
from supply.db import db
from tests.support.cast import Cast
from tests.support.people import sign_in


@pytest.mark.parametrize("number", [10**18 - 1, 2**63, 10**40])
def test_an_id_beyond_every_row_is_not_there(app: Flask, cast: Cast, number: int) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    assert client.get(f"/c/a1/items/{number}").status_code == 404
    assert client.get(f"/c/a1/orders/{number}").status_code == 404


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_number_beyond_every_column_is_refused(app: Flask, cast: Cast, number: int) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    for address in (f"/c/a1/orders?before={number}", f"/c/a1/sessions?formulation={number}"):
        answer = client.get(address)
        assert answer.status_code == 400
        assert "A number in this is too large" in answer.text


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0", 0),
        (" 12 ", 12),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, None),
        ("9" * 5_000, None),
        ("-1", None),
        ("1.0", None),
        ("\u0663", None),
        ("", None),
    ],
)
def test_digits_without_end_are_no_number(written: str, number: int | None) -> None:
    assert text.whole(written) == number


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mark_of_digits_without_end_asks_for_the_first_page(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    mark = f"2026-01-01T00:00:00Z_{'9' * 5_000}"
    assert client.get(f"/c/a1/sessions?after={mark}").status_code == 200


def test_a_character_that_cannot_be_kept_is_refused(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    for answer in (
        client.post("/account", data={"name": "An\x00na", "locale": "en"}),
        client.get("/c/a1/stock?q=%00"),
    ):
        assert answer.status_code == 400
        assert "This holds a character that cannot be kept" in answer.text
    assert client.get("/c/a%001/stock").status_code == 404
    names = db.session.scalars(sa.select(Person.name)).all()
    assert not any("An\x00na" in name or name == "Anna" for name in names)


@pytest.mark.parametrize("disposition", ["form-data", 'form-data; filename="a.csv"'])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_part_without_a_name_is_refused(app: Flask, cast: Cast, disposition: str) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    body = f"--x\r\nContent-Disposition: {disposition}\r\n\r\nv\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    answer = client.post("/account", data=body.encode(), content_type=kind)
    assert answer.status_code == 400
    assert "A part of this has no name" in answer.text
