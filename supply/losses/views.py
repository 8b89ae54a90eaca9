"""The page of a month's losses."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_login import login_required

from supply.accounts.models import Clinic
from supply.losses import queries, rules, wording
from supply.losses.rules import Month
from supply.money import Money
from supply.web import access
from supply.web.filters import money
from supply.web.filters import month as written

blueprint = Blueprint("losses", __name__)


@blueprint.get("/c/<clinic_code>/losses")
@login_required
def month(clinic_code: str) -> str:
    """Show what was wasted, missed and used in time in a month: the present one by itself."""
    clinic = access.clinic(clinic_code)
    present = rules.month_of(access.today())
    first = min(_asked() or present, present)
    this, last = queries.month_at(clinic, first), queries.month_at(clinic, rules.before(first))
    return render_template(
        "losses/month.html",
        clinic=clinic,
        first=first,
        this=this,
        sentence=wording.sentence(this, last, clinic.currency),
        saved=wording.saved(this, clinic.currency, clinic.expiring_days),
        causes=_bars(this, clinic),
        items=[(one, wording.cause_word(one.cause)) for one in this.top],
        months=_months(clinic, first, present),
    )


def _asked() -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return None


def _bars(this: Month, clinic: Clinic) -> list[dict[str, Any]]:
    sums = [*this.by_cause.items(), *([(None, this.missing)] if this.missing else [])]
    return [
        {
            "label": wording.cause_word(cause, minor),
            "value": max(minor, 0),
            "text": _written(minor, clinic),
        }
        for cause, minor in sums
    ]


def _written(minor: int, clinic: Clinic) -> str:
    return money(Money(minor, clinic.currency))


def _months(clinic: Clinic, first: dt.date, present: dt.date) -> list[dict[str, Any]]:
    """Return chips for the month before, the one shown and the one after, if that has begun."""
    return [
        {
            "label": written(one),
            "url": url_for(".month", clinic_code=clinic.code, month=f"{one:%Y-%m}"),
            "active": one == first,
        }
        for one in (rules.before(first), first, rules.after(first))
        if one <= present
    ]
