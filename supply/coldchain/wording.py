"""The cold chain in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import flask_babel
from babel.dates import format_skeleton
from babel.numbers import format_decimal
from flask_babel import lazy_gettext as _l

from supply.coldchain.files.times import Order
from supply.coldchain.files.understanding import Question
from supply.coldchain.models import ColdExcursion
from supply.coldchain.terms import Side, Source, State
from supply.web import filters
from supply.web.filters import written_in

if TYPE_CHECKING:
    from supply.coldchain.queries import Place

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

SIDES = {Side.WARM: _l("Too warm"), Side.COLD: _l("Too cold")}
SOURCES = {
    Source.FILE: _l("Logger's file"),
    Source.PROGRAM: _l("Sent by a program"),
    Source.PERSON: _l("Read by hand"),
}


UNSURE = {
    Question.ORDER: _l("Whether the day or the month comes first cannot be told from this file."),
    Question.VALUE: _l("There are several temperatures in each row of this file."),
    Question.UNIT: _l("This file does not say whether it is in °C or °F."),
}
"""What a file does not tell; uploading one on its page once decides for those like it."""


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


ORDERS = {
    Order.DMY: _l("Day, month, year"),
    Order.MDY: _l("Month, day, year"),
    Order.YMD: _l("Year, month, day"),
}


def span(low: int, high: int) -> str:
    """Return the lowest and highest of something: "2.1 to 7.9 °C"."""
    if low == high:
        return temperature(high)
    return _("%(low)s to %(high)s", low=bare_temperature(low), high=temperature(high))


def column(name: str, number: int) -> str:
    """Return a column as people find it: by its heading, else by its letter."""
    letter = chr(ord("A") + number % 26)
    return f"{letter}: {name[:60]}" if name else _("Column %(letter)s", letter=letter)


def offset(minutes: int | None) -> str:
    """Return a clock's distance from UTC: "UTC−05:00"; "" where none is said."""
    if minutes is None:
        return ""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours:02}:{rest:02}"


def instant(at: dt.datetime, zone: ZoneInfo) -> str:
    """Return an instant on the clinic's clock."""
    return filters.instant(at, zone)


def day(on: dt.date) -> str:
    """Return a day with its year."""
    return filters.short_date(on)


def short_day(on: dt.date) -> str:
    """Return a day of this time of the year, for below a picture: "4 Dec"."""
    at = dt.datetime.combine(on, dt.time.min)
    return str(format_skeleton("MMMd", at, locale=written_in()))


def state_pill(place: Place, now: dt.datetime) -> tuple[str, str]:
    """Return how a location stands as a pill says it: words, and a tone."""
    standing = place.standing
    if place.days_to is not None:
        return _("Known to %(day)s", day=day(place.days_to)), "neutral"
    if standing.state is State.NEVER_READ:
        return _("Never read"), "neutral"
    if standing.state is State.IN_RANGE:
        return _("In range"), "good"
    since = standing.since or now
    minutes = int((now - since) / dt.timedelta(minutes=1))
    if standing.state is State.UNKNOWN:
        return _("Unknown for %(time)s", time=how_long(minutes)), "warn"
    warm = standing.side is Side.WARM
    said = _("Too warm for %(time)s") if warm else _("Too cold for %(time)s")
    return said % {"time": how_long(minutes)}, "bad"


def overview_sentence(places: Sequence[Place]) -> str:
    """Return how a clinic's locations stand, the worst first."""
    out = [place.location.name for place in places if place.standing.state is State.OUT]
    if out:
        return ngettext(
            "%(names)s is out of range now.", "%(names)s are out of range now.", len(out),
            names=", ".join(out),
        )  # fmt: skip
    waiting = sum(len(place.excursions) for place in places)
    if waiting:
        return ngettext(
            "%(num)s excursion waits for a decision.",
            "%(num)s excursions wait for a decision.",
            waiting,
        )
    unknown = sum(place.standing.state is State.UNKNOWN for place in places)
    if unknown:
        return ngettext(
            "Of %(num)s location nothing is known now.",
            "Of %(num)s locations nothing is known now.",
            unknown,
        )
    if all(place.standing.state is State.NEVER_READ for place in places):
        return _("No temperature has been read yet.")
    return _("All that is read is in range.")


def excursion_sentence(excursion: ColdExcursion) -> str:
    """Return what an excursion was: "12.4 °C at most, out of range for 30 min"."""
    warm = excursion.side is Side.WARM
    extreme = temperature(excursion.high if warm else excursion.low)
    if not excursion.minutes:
        return extreme
    time = how_long(excursion.minutes)
    if warm:
        return _("Up to %(celsius)s, out of range for %(time)s", celsius=extreme, time=time)
    return _("Down to %(celsius)s, out of range for %(time)s", celsius=extreme, time=time)


def decided(released: int, discarded: int) -> str:
    """Return what was decided on lots."""
    parts = []
    if released:
        parts.append(ngettext("%(num)s lot released.", "%(num)s lots released.", released))
    if discarded:
        parts.append(ngettext("%(num)s lot discarded.", "%(num)s lots discarded.", discarded))
    return " ".join(parts)
