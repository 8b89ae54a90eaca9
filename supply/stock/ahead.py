"""An item's days ahead as its page shows them: the line with its range, what is marked, a table."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from flask_babel import format_date
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.items.models import Item
from supply.need.outlook import Day, Outlook
from supply.need.supplies import Coming
from supply.quantity import ZERO
from supply.replenishment import wording
from supply.replenishment.foreseen import Advice, advice_on

WEEK: Final = 7
APART: Final = 14
"""Days that two marks with words stand apart at least: closer ones would cover one another."""

Measure = Callable[[Decimal], str]


@dataclass(frozen=True, slots=True)
class Row:
    """A week of the table behind the picture: its last day, and what is expected by then."""

    day: dt.date
    on_hand: str
    low: str
    high: str
    sessions: int
    coming: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the page says of the days ahead."""

    why: str
    advice: str
    chosen: str
    points: Sequence[dict[str, Any]]
    marks: Sequence[dict[str, Any]]
    ticks: Sequence[int]
    """Places of the days with booked sessions, one for each session."""
    level: Decimal | None
    """Where ordering begins, in the base unit."""
    level_text: str
    rows: Sequence[Row]
    lasts_until: dt.date | None
    """The last day on which all need is expected to be met; None beyond the days shown."""
    late: bool
    """Whether an order placed today is not likely to come before it falls short."""
    order_by: dt.date | None
    packs: int | None
    """How many packs to order on that day, of the product it chose."""
    product_id: int | None
    used: bool
    """Whether it is used or booked at all."""


def ahead_of(clinic: Clinic, item: Item, *, now: dt.datetime) -> Ahead:
    """Return what the page of an item says of the days ahead."""

    def measure(amount: Decimal) -> str:
        return wording.about(amount, item)

    advice, found = advice_on(clinic, item.id, now=now)
    today = found.days[0].day
    return Ahead(
        why=wording.foreseen(advice.facts),
        advice=_advice(advice, today),
        chosen=wording.chosen(advice.facts),
        points=[_point(day, measure) for day in found.days],
        marks=_marks(found, today),
        ticks=[(taking.day - today).days for taking in found.takings if taking.day >= today],
        level=found.line or None,
        level_text=measure(found.line),
        rows=_rows(found, measure),
        lasts_until=None if found.first_short is None else found.first_short - dt.timedelta(days=1),
        late=found.order_by is not None and found.order_by <= today,
        order_by=found.order_by,
        packs=advice.facts.get("packs"),
        product_id=advice.product_id,
        used=advice.used,
    )


def _advice(advice: Advice, today: dt.date) -> str:
    """Return what to order and by when, where anything is to be ordered in the days ahead."""
    if advice.order_by is None or "packs" not in advice.facts:
        return ""
    said: str = _(
        "Order %(how_much)s %(by)s.",
        how_much=wording.how_much(advice.facts),
        by=wording.order_by(advice.facts, today),
    )
    return said


def _point(day: Day, measure: Measure) -> dict[str, Any]:
    return {
        "label": format_date(day.day, "d MMM"),
        "value": day.on_hand,
        "text": measure(day.on_hand),
        "low": day.low,
        "high": day.high,
    }


def _marks(found: Outlook, today: dt.date) -> list[dict[str, Any]]:
    """Return what is marked, the most important where two would cover one another."""
    wanted: list[tuple[dt.date, str]] = []
    if found.first_short is not None:
        wanted.append((found.first_short, _("Short")))
    if found.order_by is not None and found.order_by > today:
        wanted.append((found.order_by, _("Order by")))
    wanted += [(day, _("Arrives")) for day in _arrivals(found.coming, today)]
    wanted += [(one.day, _("Lot %(lot)s ends", lot=one.lot)) for one in found.expiring]
    marks: list[dict[str, Any]] = []
    last = len(found.days) - 1
    for day, text in wanted:
        at = (day - today).days
        if 0 <= at <= last and all(abs(at - mark["at"]) >= APART for mark in marks):
            marks.append({"at": at, "text": text})
    return marks


def _arrivals(coming: Iterable[Coming], today: dt.date) -> list[dt.date]:
    days = {line.promised_on for line in coming if line.promised_on is not None}
    return sorted(day for day in days if day >= today)


def _rows(found: Outlook, measure: Measure) -> list[Row]:
    sessions = Counter(taking.day for taking in found.takings)
    rows = []
    for start in range(0, len(found.days), WEEK):
        week = found.days[start : start + WEEK]
        days = {day.day for day in week}
        arriving = sum((line.quantity for line in found.coming if line.promised_on in days), ZERO)
        last = week[-1]
        rows.append(
            Row(
                last.day,
                measure(last.on_hand),
                measure(last.low),
                measure(last.high),
                sum(sessions[day] for day in days),
                measure(arriving) if arriving else "",
            )
        )
    return rows
