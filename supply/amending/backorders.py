"""A supplier moves the day of packs it has said will follow; nobody has to accept it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask_babel import gettext as _

from supply.actor import Actor
from supply.amending import rules
from supply.db import db
from supply.ordering import mail
from supply.ordering.events import locked_order, note, require_stage, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import EventKind, Stage
from supply.refusals import InvalidInput
from supply.web import filters

Days = Mapping[int, dt.date | None]
"""By line id the day on which the rest follows; None: nobody knows yet."""


def move_backorders(
    order_id: int, days: Days, *, seen: Days | None = None, actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Say anew on which day packs follow that could not be confirmed; lines not named stay.

    The clinic gets one mail for all that moved, and the timeline one step. ``seen`` are the days
    that were shown: a colleague may have moved them since. Locks the order.

    Raises:
        WrongStage: not answered yet, or ended.
        InvalidInput: a line of which nothing follows, a day that has gone by, one that a
            colleague moved meanwhile, by ``until_<line id>``; nothing that moves.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.ACKNOWLEDGED)
    known = seen or {}
    _check(order, days, known, now)
    rows = [
        (line, line.promised_on, days[line.id])
        for line in order.lines
        if line.id in days
        and days[line.id] not in (line.promised_on, known.get(line.id, line.promised_on))
    ]
    if not rows:
        raise InvalidInput(("", _("Nothing is changed: say another day.")))
    for line, _before, day in rows:
        line.promised_on = day
    db.session.flush()
    facts = {"moved": [[line.name, _iso(before), _iso(day)] for line, before, day in rows]}
    note(order, EventKind.BACKORDER_MOVED, actor=actor, now=now, facts=facts)
    told = [
        {"name": line.name, "sku": line.sku, "packs": following(line), "was": was, "day": day}
        for line, was, day in rows
    ]
    mail.tell_clinic(order, "order_backorder", {"rows": told}, now)
    return order


def following(line: OrderLine) -> int:
    """Return the packs of a line that its supplier has not confirmed and that are still to come."""
    return rules.following_packs(line.to_ship, line.confirmed, line.shipped, line.resend)


def _check(order: PurchaseOrder, days: Days, seen: Days, now: dt.datetime) -> None:
    lines, today = {line.id: line for line in order.lines}, today_at(order, now)
    faults = [
        (f"until_{one}", _("This line is not on the order."))
        for one in sorted(days.keys() - lines.keys())
    ]
    for line_id in sorted(days.keys() & lines.keys()):
        line = lines[line_id]
        if fault := _fault(line, days[line_id], seen.get(line_id, line.promised_on), today):
            faults.append((f"until_{line_id}", fault))
    if faults:
        raise InvalidInput(*faults)


def _fault(line: OrderLine, day: dt.date | None, seen: dt.date | None, today: dt.date) -> str:
    """Return why the rest of a line cannot follow on ``day``; "" where it can, or stays."""
    there = line.promised_on
    if day in (seen, there):
        return ""
    if seen != there:
        said = filters.short_date(there) if there else _("no day")
        return str(_("%(name)s: moved to %(day)s meanwhile.", name=line.name, day=said))
    if not following(line):
        return str(_("%(name)s: nothing of it is left to follow.", name=line.name))
    if day is not None and day < today:
        return str(_("%(name)s: give a day for the rest that is not past.", name=line.name))
    return ""


def _iso(day: dt.date | None) -> str | None:
    return day.isoformat() if day else None
