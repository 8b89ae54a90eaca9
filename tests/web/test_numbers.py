"""Quantities as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from supply.quantity import InvalidQuantityError, Unit
from supply.web.numbers import read_quantity, typed


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("locale", "text", "value"),
    [
        ("en", "2.5", "2.5"),
        ("en", " 2,5 ", "2.5"),
        ("en", "1.000", "1"),
        ("en", "0,125", "0.125"),
        ("de", "1,000", "1"),
        ("de", "2.5", "2.5"),
    ],
)
def test_a_comma_or_a_point(app: Flask, locale: str, text: str, value: str) -> None:
    with app.test_request_context(), force_locale(locale):
        assert read_quantity(text, Unit.ML) == Decimal(value)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("locale", "text"),
    [("en", "1,000"), ("de", "1.000"), ("en", "1,000.5"), ("en", "1,0,0"), ("en", "1 000")],
)
def test_what_could_be_thousands_is_refused(app: Flask, locale: str, text: str) -> None:
    with app.test_request_context(), force_locale(locale), pytest.raises(InvalidQuantityError):
        read_quantity(text, Unit.ML)


def test_shown_for_editing_without_trailing_zeros() -> None:
    assert [typed(Decimal(text)) for text in ("2.500", "100.000", "0.120")] == [
        "2.5",
        "100",
        "0.12",
    ]
