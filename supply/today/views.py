"""Today: what needs someone, in order of urgency."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from babel.dates import format_date
from flask import render_template
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.access import clinics_to_decide_for, clinics_to_order_for
from supply.accounts.certificates import ending_of
from supply.accounts.rules import Right
from supply.alerts import wording as alerts
from supply.counting import planning as counting
from supply.inventory import wording
from supply.replenishment import wording as reordering
from supply.returning import wording as returning
from supply.today import ready_views
from supply.today.queries import Today, today_at
from supply.today.routes import blueprint
from supply.today.start_views import steps_for_today
from supply.transfers import wording as moving
from supply.web import access

__all__ = ["blueprint", "index", "ready_views", "sentence"]


@blueprint.get("/c/<clinic_code>/today")
@login_required
def index(clinic_code: str) -> str:
    """Show what needs someone at this clinic, each with its one action."""
    clinic = access.clinic(clinic_code)
    now = clock.now()
    who = access.person(), access.clinics()
    page = today_at(
        clinic,
        now,
        clinics_to_decide_for(*who),
        clinics_to_order_for(*who),
        tracing=access.can(Right.TRACE),
    )
    return render_template(
        "today/index.html",
        clinic=clinic,
        today=access.today(),
        page=page,
        certificate=ending_of(access.membership(), access.today()),
        steps=steps_for_today(clinic),
        sentence=sentence(page),
        week=_columns(page),
        counts=counting.waiting(clinic, now),
        words=wording,
        alerts=alerts,
        reordering=reordering,
        returning=returning,
        moving=moving,
        key=token_hex(16),
    )


def sentence(page: Today) -> tuple[str, str]:
    """Return the page's answer in two parts: what to do, and what is in order."""
    to_order = len(page.to_order) + sum(not row.on_order for row in page.out)
    short, discard = len(page.short), len(page.to_discard)
    todo = [
        ngettext("%(num)s recall", "%(num)s recalls", len(page.recalls)) if page.recalls else "",
        ngettext(
            "%(num)s lot shared by adverse events",
            "%(num)s lots shared by adverse events",
            len(page.suspect),
        )
        if page.suspect
        else "",
        ngettext("%(num)s order to approve", "%(num)s orders to approve", len(page.approvals))
        if page.approvals
        else "",
        ngettext(
            "%(num)s item short for booked sessions",
            "%(num)s items short for booked sessions",
            short,
        )
        if short
        else "",
        ngettext("%(num)s item to order", "%(num)s items to order", to_order) if to_order else "",
        ngettext("%(num)s to discard or use first", "%(num)s to discard or use first", discard)
        if discard
        else "",
    ]
    worded = ", ".join(filter(None, todo))
    if not worded:
        return _("Nothing needs you now."), ""
    return worded, "" if short else _("nothing short for sessions this week")


def _columns(page: Today) -> list[dict[str, Any]]:
    return [
        {
            "label": format_date(day, "EEE", locale=get_locale()),
            "value": count,
            "text": str(count),
            "now": index == 0,
        }
        for index, (day, count) in enumerate(page.week)
    ]
