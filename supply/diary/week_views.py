"""The diary by week and by day, and a week of it as a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from secrets import token_hex
from typing import Any

from babel.dates import format_interval
from flask import abort, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.diary import rules, week
from supply.diary.notices import notices
from supply.diary.routes import Page, blueprint
from supply.diary.week import Day
from supply.treatments.wording import status_word
from supply.web import access
from supply.web.filters import written_in

SHORTEST_LIST = 2
"""Practitioners from which on there is something to choose."""


@blueprint.get("/c/<clinic_code>/diary")
@login_required
def diary(clinic_code: str) -> Page:
    """Show a week of sessions, or one day."""
    clinic = access.clinic(clinic_code)
    if "day" in request.args:
        day = rules.read_day(request.args["day"])
        return _day_page(clinic, day) if day else abort(404)
    named = request.args.get("week")
    monday = rules.read_week(named) if named else rules.monday_of(access.today())
    return _week_page(clinic, monday) if monday else abort(404)


def _week_page(clinic: Clinic, monday: dt.date) -> Page:
    last = monday + dt.timedelta(days=6)
    days = week.days_of(clinic, monday, last, now=clock.now())
    title = format_interval(monday, last, "yMMMd", locale=written_in())
    around = [
        (direction, rules.week_name(day), rules.FIRST_DAY <= day <= rules.LAST_DAY)
        for direction, day in (("back", monday - rules.WEEK), ("on", monday + rules.WEEK))
    ]
    return _page(
        clinic,
        days,
        title=title,
        steps={direction: {"week": name} for direction, name, there in around if there},
        shown={"week": rules.week_name(monday)},
        by_week=True,
        now_shown=monday == rules.monday_of(access.today()),
    )


def _day_page(clinic: Clinic, day: dt.date) -> Page:
    days = week.days_of(clinic, day, day, now=clock.now())
    one = dt.timedelta(days=1)
    around = [
        (direction, to, rules.FIRST_DAY <= to <= rules.LAST_DAY)
        for direction, to in (("back", day - one), ("on", day + one))
    ]
    return _page(
        clinic,
        days,
        title=format_date(day, "EEEE d MMM y"),
        steps={direction: {"day": to.isoformat()} for direction, to, there in around if there},
        shown={"day": day.isoformat()},
        by_week=False,
        now_shown=day == access.today(),
    )


def _page(clinic: Clinic, days: Sequence[Day], **facts: Any) -> str:
    names = week.practitioners(days)
    chosen = request.args.get("practitioner", "")
    shown = facts["shown"]
    if chosen:
        days = week.given_by(days, chosen)
    chips = [_chip(clinic, shown, "", _("Everyone"), chosen)]
    chips += [_chip(clinic, shown, name, name, chosen) for name in {*names, chosen} - {""}]
    today = access.today()
    return render_template(
        "diary/diary.html",
        clinic=clinic,
        days=days,
        first=days[0].day,
        today=today,
        tomorrow=today + dt.timedelta(days=1),
        chosen=chosen,
        chips=sorted(chips, key=lambda chip: chip["order"]) if len(chips) > SHORTEST_LIST else [],
        counts=_counts(days, today),
        week_name=rules.week_name(days[0].day),
        closed_all=not any(day.open or day.appointments for day in days),
        shown_at=partial(url_for, ".diary", clinic_code=clinic.code, practitioner=chosen or None),
        status_word=status_word,
        weekday=partial(_weekday, today),
        may_change=access.can(Right.RECORD),
        notices=notices(clinic, today),
        key=token_hex(16),
        **facts,
    )


def _weekday(today: dt.date, day: dt.date) -> str:
    if day == today:
        return str(_("Today, %(day)s", day=format_date(day, "d MMM")))
    return str(format_date(day, "EEE d MMM"))


def _chip(
    clinic: Clinic, shown: dict[str, str], name: str, label: str, chosen: str
) -> dict[str, Any]:
    asked: dict[str, Any] = {**shown, "practitioner": name or None}
    url = url_for(".diary", clinic_code=clinic.code, **asked)
    return {"label": label, "url": url, "active": name == chosen, "order": name.casefold()}


def _counts(days: Sequence[Day], today: dt.date) -> dict[str, int]:
    """Return what the sentence on top counts."""
    ahead = [one for day in days if day.day >= today for one in day.appointments if one.booked]
    return {
        "booked": len(ahead),
        "short": sum(one.ready is not None and not one.ready.ready for one in ahead),
        "forgotten": sum(day.booked for day in days if day.day < today),
        "all": sum(len(day.appointments) for day in days),
    }


def back_to(clinic: Clinic, day: dt.date, session_id: int) -> str:
    """Return the address of the diary where a session stands on ``day``, with it in view."""
    asked: dict[str, Any] = {"practitioner": request.values.get("given_by") or None}
    if request.values.get("shown") == "day":
        asked["day"] = day.isoformat()
    else:
        asked["week"] = rules.week_name(day)
    return url_for(".diary", clinic_code=clinic.code, _anchor=f"session-{session_id}", **asked)
