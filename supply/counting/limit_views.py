"""The page on which owners say what a large difference is, and how often each class is counted."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.counting import limits
from supply.counting.forms import LimitsForm
from supply.counting.rules import Limits
from supply.counting.terms import ItemClass
from supply.counting.views import blueprint
from supply.money import InvalidMoneyError, Money, parse_minor
from supply.refusals import InvalidInput
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import saved_once


@blueprint.route("/c/<clinic_code>/counts/limits", methods=["GET", "POST"])
@login_required
def change_limits(clinic_code: str) -> Response | tuple[str, int]:
    """Set from when on a difference is large, and every how many days a class is counted."""
    clinic = access.clinic(clinic_code, Right.SETTINGS)
    form, now = LimitsForm(data=_data(clinic)), clock.now()

    def work() -> dict[str, Any]:
        limits.change_limits(clinic, _limits(form, clinic), actor=access.actor(), now=now)
        return {"clinic": clinic.id}

    if saved_once(form, work, now) is not None:
        return redirect(url_for(".index", clinic_code=clinic_code))
    page = render_template("counting/limits.html", clinic=clinic, form=form)
    return page, status_of(form)


def _data(clinic: Clinic) -> dict[str, Any]:
    there = limits.limits_of(clinic)
    days = {f"days_{word.value}": there.days[word] for word in ItemClass}
    return {
        "value": str(Money(there.minor, clinic.currency).amount),
        "percent": there.percent,
        **days,
    }


def _limits(form: LimitsForm, clinic: Clinic) -> Limits:
    try:
        minor = parse_minor(text(form.value), clinic.currency)
    except InvalidMoneyError as error:
        raise InvalidInput(("value", str(error))) from error
    if not minor:
        raise InvalidInput(("value", _("Enter a sum above zero.")))
    days = {word: form[f"days_{word.value}"].data or 1 for word in ItemClass}
    return Limits(minor, form.percent.data or 1, days)
