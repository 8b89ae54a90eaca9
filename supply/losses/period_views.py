"""What nobody can explain between two days: the page, and its table to take along."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any, Final

from flask import Response, abort, render_template, request, url_for
from flask_babel import ngettext
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.documents.answers import CSV, download
from supply.inventory import wording as measures
from supply.losses import sharing, wording
from supply.losses.between import ItemLoss, losses_between
from supply.losses.forms import PeriodForm
from supply.losses.period import A_DAY, A_QUARTER, Period, period_of
from supply.losses.unlike import sessions_unlike
from supply.losses.views import blueprint
from supply.money import Money
from supply.quantity import as_text
from supply.tables import write_csv
from supply.web import access

BARS: Final = 8
"""Items that the picture shows."""

SPANS: Final = (30, A_QUARTER, 364)
"""Days up to today that are one tap away."""

FIGURES: Final = (
    "opening", "received", "transferred", "used", "wasted", "unexplained", "closing"
)  # fmt: skip


@blueprint.get("/c/<clinic_code>/losses/unexplained")
@login_required
def unexplained(clinic_code: str) -> str | tuple[str, int]:
    """Show what is unexplained by item, person and clinic, and sessions that drew otherwise."""
    clinic = access.clinic(clinic_code)
    form, period = _asked(clinic)
    first, last = period.days(clinic.timezone)
    losses = losses_between(clinic, period)
    missed = _costliest(losses)
    page = render_template(
        "losses/unexplained.html",
        clinic=clinic,
        form=form,
        first=first,
        last=last,
        losses=losses,
        missed=missed,
        bars=[_bar(one, clinic) for one in missed if one.loss.minor > 0][:BARS],
        sentence=wording.unexplained([one.loss for one in missed], clinic.currency),
        people=sharing.by_person(clinic, period),
        clinics=_clinics(clinic, first, last),
        unlike=sessions_unlike(clinic, period),
        spans=_spans(clinic, first, last),
        file_url=url_for(".unexplained_file", **_address(clinic, first, last)),
        measure=measures.measured,
        unit_word=measures.unit_word,
    )
    return (page, 422) if form.errors else page


@blueprint.get("/c/<clinic_code>/losses/unexplained.csv")
@login_required
def unexplained_file(clinic_code: str) -> Response:
    """Give what became of each item as a file."""
    clinic = access.clinic(clinic_code)
    form, period = _asked(clinic)
    if form.errors:
        abort(422)
    first, last = period.days(clinic.timezone)
    header = ["sku", "item", "unit", *FIGURES, "value", "currency"]
    content = write_csv(header, _lines(losses_between(clinic, period), clinic))
    return download(content.encode("utf-8-sig"), CSV, f"losses-{clinic.code}-{first}-{last}.csv")


def _asked(clinic: Clinic) -> tuple[PeriodForm, Period]:
    """Return what was asked, and between which moments that is; of what cannot be, the usual."""
    form, now = PeriodForm(request.args), clock.now()
    good = form.validate()
    first, last = (form.first.data, form.last.data) if good else (None, None)
    today = access.today()
    period = period_of(first, min(last or today, max(today, first or today)), clinic.timezone, now)
    if good:
        form.first.raw_data = form.last.raw_data = None
        form.first.data, form.last.data = period.days(clinic.timezone)
    return form, period


def _costliest(losses: Sequence[ItemLoss]) -> list[ItemLoss]:
    """Return the items of which something is unexplained: what cost most, then what was found."""
    missed = (one for one in losses if one.loss.unexplained)
    return sorted(missed, key=lambda one: (-one.loss.minor, one.item.name, one.item.id))


def _bar(one: ItemLoss, clinic: Clinic) -> dict[str, Any]:
    value = one.loss.minor
    return {
        "label": one.item.name,
        "value": value,
        "text": wording.written(value, clinic.currency),
        "url": url_for("stock.item", clinic_code=clinic.code, item_id=one.item.id),
    }


def _clinics(clinic: Clinic, first: dt.date, last: dt.date) -> list[sharing.OfClinic]:
    """Return what is unexplained at each of the practice's clinics on its own calendar."""
    ours = [one for one in access.clinics() if one.practice_id == clinic.practice_id]
    if len(ours) < 2:
        return []
    now = clock.now()
    return sharing.by_clinic({one: period_of(first, last, one.timezone, now) for one in ours})


def _spans(clinic: Clinic, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """Return chips for the days up to today."""
    today = access.today()
    found = []
    for days in SPANS:
        begins = today - A_DAY * (days - 1)
        chip = {
            "label": ngettext("%(num)s day", "%(num)s days", days),
            "url": url_for(".unexplained", **_address(clinic, begins, today)),
            "active": (begins, today) == (first, last),
        }
        found.append(chip)
    return found


def _address(clinic: Clinic, first: dt.date, last: dt.date) -> dict[str, Any]:
    return {"clinic_code": clinic.code, "from": first.isoformat(), "to": last.isoformat()}


def _lines(losses: Sequence[ItemLoss], clinic: Clinic) -> Iterator[list[str]]:
    for one in losses:
        figures = [as_text(getattr(one.loss, name)) for name in FIGURES]
        value = one.loss.value
        cost = "" if value is None else str(Money(value, clinic.currency).amount)
        yield [one.item.code, one.item.name, one.item.unit, *figures, cost, clinic.currency]
