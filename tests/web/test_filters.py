"""How figures, money and dates are written, in two locales."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel, force_locale

from supply.money import Money
from supply.web.filters import instant, money, quantity, register_filters, relative_date, short_date

TODAY = date(2026, 11, 22)


@pytest.fixture
def british() -> Iterator[Flask]:
    app = Flask(__name__)
    Babel(app, default_locale="en_GB")
    register_filters(app)
    with app.test_request_context():
        yield app


@pytest.mark.usefixtures("british")
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("42.500"), "42.5"),
        (Decimal("9.000"), "9"),
        (Decimal("0.125"), "0.125"),
        (Decimal("1234567"), "1,234,567"),
        (Decimal("-3.20"), "-3.2"),
        (Decimal("1E+3"), "1,000"),
        (Decimal(0), "0"),
        (7, "7"),
    ],
)
def test_quantity_has_no_trailing_zeros(value: Decimal | int, written: str) -> None:
    assert quantity(value) == written


@pytest.mark.usefixtures("british")
def test_money_carries_its_currency() -> None:
    assert money(Decimal("1120.5"), "EUR") == "€1,120.50"
    assert money(Decimal("80"), "GBP") == "£80.00"
    assert money(Decimal("500"), "JPY") == "JP¥500"
    assert money(Money(12050, "EUR")) == "€120.50"


@pytest.mark.usefixtures("british")
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Money(125050, "RSD"), "RSD1,250.50"),
        (Money(125050, "ALL"), "ALL1,250.50"),
        (Money(1250500, "IQD"), "IQD1,250.500"),
        (Money(125050, "LBP"), "LBP1,250.50"),
        (Money(1250500, "KWD"), "KWD1,250.500"),
        (Money(-125050, "HUF"), "-HUF1,250.50"),
        (Money(1250, "KRW"), "₩1,250"),
    ],
)
def test_a_sum_has_the_decimals_of_its_currency_not_of_its_use(value: Money, written: str) -> None:
    assert money(value) == written
    assert money(value.amount, value.currency) == written


@pytest.mark.usefixtures("british")
@pytest.mark.parametrize(
    ("value", "written"),
    [
        (date(2026, 11, 22), "today"),
        (date(2026, 11, 23), "tomorrow, 23 Nov"),
        (date(2026, 11, 21), "yesterday, 21 Nov"),
        (date(2026, 12, 4), "in 12 days, 4 Dec"),
        (date(2026, 11, 12), "10 days ago, 12 Nov"),
        (date(2027, 1, 1), "in 40 days, 1 Jan 2027"),
        (date(2027, 3, 22), "in 120 days, 22 Mar 2027"),
        (date(2027, 7, 12), "in 8 months, 12 Jul 2027"),
        (date(2028, 10, 22), "in 23 months, 22 Oct 2028"),
        (date(2030, 4, 28), "in 3 years, 28 Apr 2030"),
        (date(2026, 5, 22), "6 months ago, 22 May"),
        (date(2024, 11, 1), "2 years ago, 1 Nov 2024"),
    ],
)
def test_relative_date_is_relative_and_exact(value: date, written: str) -> None:
    assert relative_date(value, TODAY) == written


@pytest.mark.usefixtures("british")
def test_short_date_has_its_year() -> None:
    assert short_date(date(2026, 12, 4)) == "4 Dec 2026"


@pytest.mark.usefixtures("british")
def test_instant_is_written_in_the_given_zone() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert instant(late, "Europe/Madrid") == "23 Nov 2026, 00:30"
    assert instant(late, UTC) == "22 Nov 2026, 23:30"


@pytest.mark.usefixtures("british")
def test_instant_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="an instant needs an offset"):
        instant(datetime.fromisoformat("2026-11-22T09:47:00"), "Europe/Madrid")


def test_figures_follow_the_locale(british: Flask) -> None:
    with force_locale("fr"):
        assert quantity(Decimal("1234.5")) == "1\u202f234,5"
        assert money(Decimal("12.5"), "EUR") == "12,50\u00a0€"
        assert short_date(date(2026, 12, 4)) == "04/12/2026"


def test_zero_has_no_sign_whatever_was_written_before(british: Flask) -> None:
    assert [quantity(Decimal(zero)) for zero in ("-0", "0", "-0.000")] == ["0", "0", "0"]
    assert [money(Decimal(zero), "EUR") for zero in ("-0.00", "0")] == ["€0.00", "€0.00"]


def test_english_without_a_country_is_day_first(british: Flask) -> None:
    with force_locale("en"):
        assert short_date(date(2026, 12, 4)) == "4 Dec 2026"


def test_templates_know_the_filters(british: Flask) -> None:
    written = render_template_string(
        "{{ q|quantity }} {{ q|money('EUR') }} {{ d|date }} {{ d|relative_date(d) }}"
        " {{ t|datetime('UTC') }}",
        q=Decimal("1.50"),
        d=TODAY,
        t=datetime(2026, 11, 22, 9, 47, tzinfo=UTC),
    )
    assert written == "1.5 €1.50 22 Nov 2026 today 22 Nov 2026, 09:47"
