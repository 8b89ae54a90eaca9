"""Pages of standing orders."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.names import DAYS
from supply.accounts.rules import Right
from supply.baskets.drafts import BasketLine
from supply.baskets.requesting import read_day
from supply.filling.templates import template_suppliers, templates_of
from supply.refusals import InvalidInput, Refusal
from supply.standing import services, wording
from supply.standing.models import StandingOrder
from supply.standing.rules import Rhythm
from supply.standing.services import Plan
from supply.standing.terms import Every
from supply.text import whole
from supply.web import access
from supply.web.choices import chosen
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_undo

blueprint = Blueprint("standing", __name__)
Page = str | Response | tuple[str, int]

ALL = "/c/<clinic_code>/standing"
ONE = f"{ALL}/<int:standing_id>"


@blueprint.get(ALL)
@login_required
def index(clinic_code: str) -> str:
    """List the clinic's standing orders with what came of each last."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    found = services.standing_orders(clinic)
    return render_template(
        "standing/standing.html",
        clinic=clinic,
        standing=found,
        runs=services.last_runs(found),
        not_sold=services.not_sold(found),
        rhythm=wording.rhythm,
        last=wording.last,
        outcomes=wording.OUTCOME_WORDS,
        has_templates=bool(templates_of(clinic)),
        today=access.today(),
        key=secrets.token_hex(16),
    )


@blueprint.route(f"{ALL}/new", methods=["GET", "POST"])
@login_required
def new(clinic_code: str) -> Page:
    """Set a standing order up."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    return _form(clinic, None, lambda plan, who: services.set_up(clinic, plan, **who))


@blueprint.route(ONE, methods=["GET", "POST"])
@login_required
def change(clinic_code: str, standing_id: int) -> Page:
    """Change what a standing order orders and when."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    found = services.standing_order(clinic, standing_id, lock=False)
    was = request.form.get("was")
    return _form(
        clinic,
        found,
        lambda plan, who: services.change(clinic, standing_id, plan, was=was, **who),
    )


@blueprint.post(f"{ONE}/<any(pause, resume, unskip):answer>")
@login_required
def step(clinic_code: str, standing_id: int, answer: str) -> Response:
    """Pause a standing order, go on with it, or order the next one after all."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    steps = {
        "pause": (services.pause, _("Paused: nothing is ordered until you resume it.")),
        "resume": (services.resume, _("Resumed.")),
        "unskip": (services.unskip, _("The next one is ordered after all.")),
    }
    work, said = steps[answer]
    if _done(lambda who: work(clinic, standing_id, **who)):
        flash(said, "success")
    return redirect(url_for(".index", clinic_code=clinic_code))


@blueprint.post(f"{ONE}/skip")
@login_required
def skip(clinic_code: str, standing_id: int) -> Response:
    """Leave the next order out; the toast orders it after all."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    due = _day(request.form.get("due_on", ""))
    if _done(lambda who: services.skip_next(clinic, standing_id, due, **who)):
        undo = url_for(".step", clinic_code=clinic_code, standing_id=standing_id, answer="unskip")
        flash_undo(_("The next order is left out."), undo)
    return redirect(url_for(".index", clinic_code=clinic_code))


@blueprint.post(f"{ONE}/lines/<int:line_id>/replace")
@login_required
def replace(clinic_code: str, standing_id: int, line_id: int) -> Response:
    """Order what replaces a line's product from now on."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    services.standing_order(clinic, standing_id, lock=False)
    now = clock.now()

    def work() -> dict[str, Any]:
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        done = services.replace_line(clinic, standing_id, line_id, **who)
        return {"name": done.new.name, "product_id": done.old_id, "packs": done.packs}

    if (done := done_once(work, now)) is not None:
        undo = url_for(
            ".undo_replacing", clinic_code=clinic_code, standing_id=standing_id, line_id=line_id
        )
        said = _("%(name)s is ordered from now on.", name=done.pop("name"))
        flash_undo(said, undo, done)
    return redirect(url_for(".index", clinic_code=clinic_code))


@blueprint.post(f"{ONE}/lines/<int:line_id>/replace/undo")
@login_required
def undo_replacing(clinic_code: str, standing_id: int, line_id: int) -> Response:
    """Order again what was ordered before something replaced it."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    old = BasketLine(
        request.form.get("product_id", 0, type=int), request.form.get("packs", 0, type=int)
    )
    if _done(lambda who: services.undo_replacing(clinic, standing_id, line_id, old, **who)):
        flash(_("Undone: it orders what it did before."), "success")
    return redirect(url_for(".index", clinic_code=clinic_code))


@blueprint.post(f"{ONE}/end")
@login_required
def end(clinic_code: str, standing_id: int) -> Response:
    """End a standing order; the toast brings it back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    if _done(lambda who: services.end(clinic, standing_id, **who)):
        undo = url_for(".take_up_again", clinic_code=clinic_code, standing_id=standing_id)
        flash_undo(_("The standing order is ended."), undo)
    return redirect(url_for(".index", clinic_code=clinic_code))


@blueprint.post(f"{ONE}/again")
@login_required
def take_up_again(clinic_code: str, standing_id: int) -> Response:
    """Bring an ended standing order back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    if _done(lambda who: services.take_up_again(clinic, standing_id, **who)):
        flash(_("Undone: the standing order goes on."), "success")
    return redirect(url_for(".index", clinic_code=clinic_code))


def _done(work: Callable[[dict[str, Any]], StandingOrder]) -> bool:
    now = clock.now()
    who: dict[str, Any] = {"actor": access.actor(), "now": now}
    return done_once(lambda: {"id": work(who).id}, now) is not None


def _form(
    clinic: Clinic,
    found: StandingOrder | None,
    work: Callable[[Plan, dict[str, Any]], StandingOrder],
) -> Page:
    if request.method == "GET":
        return _page(clinic, found)
    now = clock.now()
    who: dict[str, Any] = {"actor": access.actor(), "now": now}
    try:
        plan = _plan()
        once(lambda: {"id": work(plan, who).id}, now)
    except Refusal as refusal:
        return _page(clinic, found, refusal), 400
    flash(_("Saved."), "success")
    return redirect(url_for(".index", clinic_code=clinic.code))


def _plan() -> Plan:
    """Return what was typed.

    Raises:
        InvalidInput: what is no number or no day, all of it.
    """
    every = chosen(Every, request.form.get("every"), Every.WEEKS)
    day = request.form.get("weekday" if every is Every.WEEKS else "day", "")
    numbers = {"count": whole(request.form.get("count", "")), "day_of": whole(day)}
    faults = [
        (field, str(_("Enter a whole number.")))
        for field, value in numbers.items()
        if value is None
    ]
    days: dict[str, dt.date | None] = {}
    for field in ("starts_on", "ends_on"):
        try:
            days[field] = read_day(request.form.get(field, ""), field)
        except InvalidInput as fault:
            faults += fault.errors
    if not faults and days["starts_on"] is None:
        faults.append(("starts_on", str(_("Say from which day on."))))
    if faults:
        raise InvalidInput(*faults)
    starts_on = days["starts_on"] or dt.date.min
    rhythm = Rhythm(
        every, numbers["count"] or 0, numbers["day_of"] or 0, starts_on, days["ends_on"]
    )
    template_id = request.form.get("template", 0, type=int)
    return Plan(template_id, rhythm, request.form.get("supplier", type=int) or None)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return dt.date.min


def _page(clinic: Clinic, found: StandingOrder | None, refusal: Refusal | None = None) -> str:
    return render_template(
        "standing/form.html",
        clinic=clinic,
        found=found,
        typed=request.form if request.method == "POST" else _shown(found),
        templates=templates_of(clinic),
        suppliers=template_suppliers(clinic),
        everies=[(word.value, text) for word, text in wording.EVERY_WORDS.items()],
        weekdays=list(enumerate(DAYS)),
        faults=dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        errors=sentences(refusal),
        was=request.form.get("was") or (services.seal(found) if found else ""),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _shown(found: StandingOrder | None) -> dict[str, Any]:
    """Return what the form begins with."""
    if found is None:
        template = request.args.get("template", "")
        return {"count": 1, "starts_on": access.today().isoformat(), "template": template}
    weekly = found.every is Every.WEEKS
    return {
        "template": found.template_id,
        "supplier": found.supplier_id or "",
        "every": found.every.value,
        "count": found.count,
        "weekday": found.day_of if weekly else 0,
        "day": "" if weekly else found.day_of,
        "starts_on": found.starts_on.isoformat(),
        "ends_on": found.ends_on.isoformat() if found.ends_on else "",
    }
