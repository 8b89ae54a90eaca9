"""Changes in words, for timelines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.ordering.models import OrderEvent
from supply.ordering.terms import EventKind
from supply.ordering.wording import tells
from supply.web import filters


def what_changes(day: str | None, lines: list[Any]) -> str:
    """Return a change in a line: the day, and packs before and after by product."""
    said = []
    if day:
        said.append(_("Delivery on %(day)s", day=_day(day)))
    said += [
        ngettext(
            "%(name)s: %(num)d pack instead of %(before)s",
            "%(name)s: %(num)d packs instead of %(before)s",
            after,
            name=name,
            before=before,
        )
        for name, before, after in lines
    ]
    return "; ".join(str(one) for one in said)


def _text(event: OrderEvent) -> str:
    facts = event.facts or {}
    said = what_changes(facts.get("day"), facts.get("lines", []))
    return f"{said}. {event.text}" if event.text else said


@tells(EventKind.CHANGED)
def _changed(event: OrderEvent) -> tuple[str, str]:
    return _("Changed by the clinic"), _text(event)


@tells(EventKind.CHANGE_PROPOSED)
def _proposed(event: OrderEvent) -> tuple[str, str]:
    return _("A change is proposed"), _text(event)


@tells(EventKind.CHANGE_ACCEPTED)
def _accepted(event: OrderEvent) -> tuple[str, str]:
    return _("The change is accepted"), _text(event)


@tells(EventKind.CHANGE_DECLINED)
def _declined(event: OrderEvent) -> tuple[str, str]:
    return _("The change is declined"), _text(event)


@tells(EventKind.CHANGE_WITHDRAWN)
def _withdrawn(event: OrderEvent) -> tuple[str, str]:
    return _("The change is withdrawn"), _text(event)


@tells(EventKind.BACKORDER_MOVED)
def _moved(event: OrderEvent) -> tuple[str, str]:
    said = [_moved_line(*line) for line in (event.facts or {}).get("moved", [])]
    return _("Follows on another day"), " ".join(said)


def _moved_line(name: str, before: str | None, day: str | None) -> str:
    if day is None:
        return str(_("%(name)s follows later, the day is not known.", name=name))
    if before is None:
        return str(_("%(name)s follows on %(day)s.", name=name, day=_day(day)))
    text = _(
        "%(name)s follows on %(day)s, not on %(before)s.",
        name=name,
        day=_day(day),
        before=_day(before),
    )
    return str(text)


def _day(text: str) -> str:
    return filters.short_date(dt.date.fromisoformat(text))
