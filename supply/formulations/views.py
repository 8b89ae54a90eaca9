"""Pages of the formulations room: the list, one formulation, its editor."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.formulations import editing, queries, rules, services
from supply.formulations.editing import TypedLine
from supply.formulations.models import Formulation
from supply.items.queries import codes_to_choose
from supply.money import Money, round_minor
from supply.refusals import InvalidInput
from supply.web import access
from supply.web.once import once

blueprint = Blueprint("formulations", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/c/<clinic_code>/formulations")
@login_required
def index(clinic_code: str) -> Page:
    """Show the practice's formulations by concern."""
    clinic = access.clinic(clinic_code)
    concern = request.args.get("concern", "").replace("\x00", "")[:60]
    archived = request.args.get("show") == "archived"
    concerns = queries.concerns_of(clinic.practice_id)
    return render_template(
        "formulations/index.html",
        clinic=clinic,
        rows=queries.formulations_of(clinic.practice_id, concern, archived=archived),
        chips=_chips(clinic, concerns, concern),
        concern=concern,
        archived=archived,
        may_edit=access.can(Right.STOCK),
        words=wording,
    )


def _chips(
    clinic: Clinic, concerns: Sequence[tuple[str, int]], chosen: str
) -> list[dict[str, Any]]:
    everything = {
        "label": _("All"),
        "url": url_for(".index", clinic_code=clinic.code),
        "active": not chosen,
        "count": sum(count for _code, count in concerns),
    }
    return [
        everything,
        *(
            {
                "label": wording.concern(code) if code else _("No concern"),
                "url": url_for(".index", clinic_code=clinic.code, concern=code),
                "active": code == chosen,
                "count": count,
            }
            for code, count in concerns
            if code
        ),
    ]


@blueprint.get("/c/<clinic_code>/formulations/<int:formulation_id>")
@login_required
def detail(clinic_code: str, formulation_id: int) -> Page:
    """Show what a formulation says, what it carries, and how it came to say it."""
    clinic = access.clinic(clinic_code)
    formulation = _formulation(clinic, formulation_id)
    version = formulation.versions[-1]
    item_ids = {line.item_id for line in version.lines}
    item_ids |= {other.item_id for line in version.lines for other in line.substitutes}
    cost = rules.session_cost(queries.costed(version, clinic.id))
    return render_template(
        "formulations/detail.html",
        clinic=clinic,
        formulation=formulation,
        version=version,
        carried=queries.carried_by(item_ids),
        cost=None if cost is None else Money(round_minor(cost), clinic.currency),
        may_edit=access.can(Right.STOCK),
        words=wording,
    )


@blueprint.get("/c/<clinic_code>/formulations/new")
@login_required
def new(clinic_code: str) -> Page:
    """Ask for a new formulation."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    return _editor(clinic, None, [])


@blueprint.post("/c/<clinic_code>/formulations/new")
@login_required
def create(clinic_code: str) -> Page:
    """Add a formulation; *Add a line* and *Remove* only change the form."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    lines = editing.typed_lines(request.form)
    if _only_edits():
        return _editor(clinic, None, _without_removed(lines))
    now = clock.now()

    def work() -> dict[str, Any]:
        formulation = services.create_formulation(
            clinic.practice_id,
            code=_text("code"),
            name=_text("name"),
            concern=_text("concern"),
            lines=editing.read_lines(clinic.practice_id, lines, now=now),
            actor=access.actor(),
            now=now,
        )
        return {"formulation": formulation.id}

    try:
        answer = once(work, now)
    except InvalidInput as refusal:
        return _editor(clinic, None, lines, editing.show_faults(lines, refusal)), 400
    flash(_("The formulation is saved."), "success")
    return _to(clinic, answer["formulation"])


@blueprint.get("/c/<clinic_code>/formulations/<int:formulation_id>/edit")
@login_required
def edit(clinic_code: str, formulation_id: int) -> Page:
    """Ask what a formulation shall say."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    formulation = _formulation(clinic, formulation_id)
    return _editor(clinic, formulation, editing.lines_of(formulation.versions[-1]))


@blueprint.post("/c/<clinic_code>/formulations/<int:formulation_id>/edit")
@login_required
def save(clinic_code: str, formulation_id: int) -> Page:
    """Keep what a formulation shall say; a version already used stays and a new one follows."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    lines = editing.typed_lines(request.form)
    if _only_edits():
        return _editor(clinic, _formulation(clinic, formulation_id), _without_removed(lines))
    now = clock.now()

    def work() -> dict[str, Any]:
        formulation = _formulation(clinic, formulation_id)
        drafts = editing.read_lines(clinic.practice_id, lines, now=now)
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        services.rename(formulation, name=_text("name"), concern=_text("concern"), **who)
        version = services.save_lines(formulation, drafts, **who)
        return {"version": version.number}

    try:
        once(work, now)
    except InvalidInput as refusal:
        others = editing.show_faults(lines, refusal)
        formulation = _formulation(clinic, formulation_id)
        return _editor(clinic, formulation, lines, others), 400
    flash(_("The formulation is saved."), "success")
    return _to(clinic, formulation_id)


def _formulation(clinic: Clinic, formulation_id: int) -> Formulation:
    formulation = queries.formulation_of(clinic.practice_id, formulation_id)
    if formulation is None or not formulation.versions:
        abort(404)
    return formulation


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "").strip()[:300]


def _only_edits() -> bool:
    return request.form.get("do") == "add" or "remove" in request.form


def _without_removed(lines: Sequence[TypedLine]) -> list[TypedLine]:
    removed = request.form.get("remove", -1, type=int)
    return [line for index, line in enumerate(lines) if index != removed]


def _to(clinic: Clinic, formulation_id: int) -> Page:
    return redirect(url_for(".detail", clinic_code=clinic.code, formulation_id=formulation_id))


def _editor(
    clinic: Clinic,
    formulation: Formulation | None,
    lines: Sequence[TypedLine],
    errors: Sequence[tuple[str, str]] = (),
) -> str:
    sent = request.method == "POST"
    facts = {
        name: _text(name) if sent else getattr(formulation, name, "")
        for name in ("code", "name", "concern")
    }
    if formulation is not None:
        facts["code"] = formulation.code
    return render_template(
        "formulations/editor.html",
        clinic=clinic,
        formulation=formulation,
        facts=facts,
        lines=[*lines, TypedLine()],
        errors=dict(errors),
        summary=_summary(lines, errors),
        frozen=formulation is not None and formulation.versions[-1].frozen_at is not None,
        items=codes_to_choose(clinic.practice_id),
        concerns=list(wording.CONCERN_WORDS.items()),
        form_key=secrets.token_urlsafe(16),
    )


def _summary(lines: Sequence[TypedLine], errors: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Return every fault as a sentence with a link to its field."""
    found = [{"text": message, "url": f"#{name}"} for name, message in errors]
    for index, line in enumerate(lines):
        for name, message in line.errors.items():
            place = _("Line %(number)d: %(message)s", number=index + 1, message=message)
            found.append({"text": str(place), "url": f"#lines-{index}-{name}"})
    return found
