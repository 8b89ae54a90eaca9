"""Quantities as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from supply.money import InvalidMoneyError
from supply.quantity import InvalidQuantityError, Unit
from supply.web.numbers import read_quantity, read_sum, typed


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("locale", "text", "currency", "minor"),
    [
        ("en", "1500", "EUR", 150_000),
        ("en", "1500.5", "EUR", 150_050),
        ("en", "1,500.00", "EUR", 150_000),
        ("en", "€1,500.00", "EUR", 150_000),
        ("en", "EUR 1,500.00", "EUR", 150_000),
        ("en", "1,500", "EUR", 150_000),
        ("en", "1,234,567.89", "EUR", 123_456_789),
        ("en", "12,50", "EUR", 1_250),
        ("en", "1 500,00", "EUR", 150_000),
        ("fr", "1\u202f500,00\u00a0€", "EUR", 150_000),
        ("fr", "1 500,00", "EUR", 150_000),
        ("fr", "1\u00a0500", "EUR", 150_000),
        ("de", "1.500,00", "EUR", 150_000),
        ("de", "1.500", "EUR", 150_000),
        ("de-CH", "1’500.00", "CHF", 150_000),
        ("en", "1,500", "JPY", 1_500),
        ("en", "0", "EUR", 0),
    ],
)
def test_a_sum_is_read_in_every_form_it_is_written_in(
    app: Flask, locale: str, text: str, currency: str, minor: int
) -> None:
    with app.test_request_context(), force_locale(locale.replace("-", "_")):
        assert read_sum(text, currency) == minor


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("locale", "text", "said"),
    [
        ("en", "lots", "Enter a sum, such as 1500.00."),
        ("en", "-5", "Enter a sum, such as 1500.00."),
        ("en", "", "Enter a sum, such as 1500.00."),
        ("en", "1,50,0.00", "Enter a sum, such as 1500.00."),
        ("en", "1.5.0", "Enter a sum, such as 1500.00."),
        ("en", "1e3", "Enter a sum, such as 1500.00."),
        ("en", "£5", "Enter a sum, such as 1500.00."),
        ("en", "12.500", "Is that a thousand or one? Write it without the sign in between."),
        ("en", "1.2345", "EUR has 2 decimals."),
        ("en", "99999999999999", "This sum is too large: check it."),
    ],
)
def test_what_is_no_sum_says_so(app: Flask, locale: str, text: str, said: str) -> None:
    with app.test_request_context(), force_locale(locale), pytest.raises(InvalidMoneyError) as no:
        read_sum(text, "EUR")
    assert str(no.value) == said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sum_that_could_be_two_is_refused(app: Flask) -> None:
    with app.test_request_context(), force_locale("fr"), pytest.raises(InvalidMoneyError):
        read_sum("1.500", "EUR")
