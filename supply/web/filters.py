"""How figures, money and dates are written for the person reading, in their locale.

The same words serve pages and mails. Nothing here reads the clock: ``today`` is an argument.
"""

from copy import copy
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from supply import addresses, clock
from supply.money import Money, precision

WRITTEN_KEPT = 4096
THOUSANDTH = Decimal("0.001")
COUNTED_IN_DAYS = 120
MONTHS_COUNTED = 24
DAYS_A_MONTH = 30.44
"""Only to say roughly how far a date is."""
BRITISH = Locale("en", "GB")


def quantity(value: Decimal | int) -> str:
    """Write a quantity with at most three decimals and no trailing zeros: 42.500 is "42.5"."""
    return _figure(Decimal(value) + 0, written_in())


def money(value: Money | Decimal, currency: str = "") -> str:
    """Write a sum with its currency: "€120.50". A bare Decimal needs its ISO 4217 code."""
    if isinstance(value, Money):
        return _sum(value.amount + 0, value.currency, written_in())
    return _sum(value + 0, currency, written_in())


def short_date(value: date) -> str:
    """Write a date with its year: "4 Dec 2026". A date has no zone: its day never shifts."""
    return _day(value, written_in())


def relative_date(value: date, today: date) -> str:
    """Write how far a date is from ``today``, then the date: "in 12 days, 4 Dec", or "today".

    Beyond four months it counts months, beyond two years years. The year is given where it is
    not this one.
    """
    days = (value - today).days
    if days == 0:
        return str(_("today"))
    locale = written_in()
    exact = _day(value, locale, with_year=value.year != today.year)
    return str(_("%(distance)s, %(date)s", distance=_distance(days), date=exact))


def dated(value: date, today: date) -> str:
    """Write a date, then how far it is from ``today``: "14 Jan (in 50 days)", or "today"."""
    days = (value - today).days
    if days == 0:
        return str(_("today"))
    exact = _day(value, written_in(), with_year=value.year != today.year)
    return str(_("%(date)s (%(distance)s)", date=exact, distance=_distance(days)))


def month(value: date) -> str:
    """Return the month that a day lies in, with its year: "November 2026"."""
    return format_skeleton("yMMMM", _midnight(value), locale=written_in())


def instant(value: datetime, timezone: str | tzinfo) -> str:
    """Write an instant in ``timezone`` (a name or a zone): "22 Nov 2026, 09:47".

    Raises ValueError when the instant carries no offset, since its hour would be a guess.
    """
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    zone = clock.zone(timezone) if isinstance(timezone, str) else timezone
    locale = written_in()
    day = _day(value.astimezone(zone).date(), locale)
    hour = format_datetime(value, "HH:mm", tzinfo=zone, locale=locale)
    return str(_("%(date)s, %(time)s", date=day, time=hour))


def register_filters(app: Flask) -> None:
    """Give templates the filters of this module, and the function ``get_locale``."""
    app.jinja_env.filters.update(
        email=addresses.shown,
        mailable=addresses.is_mailable,
        is_zone=clock.is_zone,
        quantity=quantity,
        money=money,
        date=short_date,
        datetime=instant,
        relative_date=relative_date,
        dated=dated,
        month=month,
    )
    app.jinja_env.globals["get_locale"] = get_locale


# What these write depends on nothing but their arguments, and a page writes the same ones often.
# Adding zero beforehand makes of a negative zero, which equals it, a plain one.


@lru_cache(WRITTEN_KEPT)
def _figure(value: Decimal, locale: Locale) -> str:
    rounded = value.quantize(THOUSANDTH, rounding=ROUND_HALF_EVEN)
    return format_decimal(rounded, format="#,##0.###", locale=locale)


@lru_cache(WRITTEN_KEPT)
def _sum(value: Decimal, currency: str, locale: Locale) -> str:
    """Write a sum with all the decimals of its currency, which Babel would leave to its use."""
    decimals = precision(currency)
    pattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return str(pattern.apply(value, locale, currency=currency, currency_digits=False))


@lru_cache(WRITTEN_KEPT)
def _day(value: date, locale: Locale, *, with_year: bool = True) -> str:
    """Write a day with a short month; where that has a dot, in figures or with a whole one.

    A date often ends a sentence: "29 nov.." has one dot too many. With its year a whole month is
    too long for a list, and figures are what such languages write there: "29/11/2026".
    """
    dotted = any("." in name for name in locale.months["format"]["abbreviated"].values())
    month = ("M" if with_year else "MMMM") if dotted else "MMM"
    skeleton = f"y{month}d" if with_year else f"{month}d"
    return format_skeleton(skeleton, _midnight(value), locale=locale)


def _distance(days: int) -> str:
    if abs(days) > COUNTED_IN_DAYS:
        return _long_distance(days)
    if days == 1:
        return str(_("tomorrow"))
    if days == -1:
        return str(_("yesterday"))
    if days > 0:
        return str(ngettext("in %(num)s day", "in %(num)s days", days))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", -days))


def _long_distance(days: int) -> str:
    months = round(abs(days) / DAYS_A_MONTH)
    if months < MONTHS_COUNTED:
        if days > 0:
            return str(ngettext("in %(num)s month", "in %(num)s months", months))
        return str(ngettext("%(num)s month ago", "%(num)s months ago", months))
    years = months // 12
    if days > 0:
        return str(ngettext("in %(num)s year", "in %(num)s years", years))
    return str(ngettext("%(num)s year ago", "%(num)s years ago", years))


def _midnight(value: date) -> datetime:
    # Babel's skeletons take datetimes; without a zone nothing is converted.
    return datetime.combine(value, time.min)


def written_in() -> Locale:
    """Return the locale that the person reading has figures and dates written in."""
    # English without a country is written day first, as our texts are: "4 Dec", not "Dec 4".
    locale = get_locale()
    return BRITISH if locale is None or str(locale) == "en" else locale
