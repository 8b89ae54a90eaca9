"""The cold chain in words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import flask_babel
from babel.numbers import format_decimal
from flask_babel import lazy_gettext as _l

from supply.coldchain.terms import Side, Source
from supply.web.filters import written_in

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

SIDES = {Side.WARM: _l("Too warm"), Side.COLD: _l("Too cold")}
SOURCES = {
    Source.FILE: _l("Logger's file"),
    Source.PROGRAM: _l("Sent by a program"),
    Source.PERSON: _l("Read by hand"),
}


def degrees(hundredths: int) -> Decimal:
    """Return hundredths of a degree as degrees."""
    return Decimal(hundredths) / 100


def bare_temperature(hundredths: int) -> str:
    """Return a temperature as it is written, without its unit: "−4.5"."""
    pattern = "#,##0.0#" if hundredths % 10 else "#,##0.0"
    written: str = format_decimal(degrees(hundredths), format=pattern, locale=written_in())
    return written.replace("-", "−")


def temperature(hundredths: int) -> str:
    """Return a temperature with its unit: "8.4 °C"."""
    return f"{bare_temperature(hundredths)} °C"


def bounds(low: int | None, high: int | None) -> str:
    """Return a range in words: "2 to 8 °C"."""
    if low is None:
        return _("at most %(celsius)s", celsius=_short(high or 0))
    if high is None:
        return _("at least %(celsius)s", celsius=_short(low))
    return _("%(low)s to %(high)s", low=_short(low).removesuffix(" °C"), high=_short(high))


def _short(hundredths: int) -> str:
    """Return a temperature without decimals that are nought: "8 °C"."""
    whole, rest = divmod(abs(hundredths), 100)
    return temperature(hundredths) if rest else f"{'−' * (hundredths < 0)}{whole} °C"


def how_long(minutes: int) -> str:
    """Return so many minutes in words: "25 min", "3 h 5 min", "2 days"."""
    if minutes < 60:
        return _("%(num)s min", num=minutes)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return ngettext("%(num)s day", "%(num)s days", hours // 24)
    if not rest:
        return _("%(num)s h", num=hours)
    return _("%(hours)s h %(rest)s min", hours=hours, rest=rest)
