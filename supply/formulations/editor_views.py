"""The editor of formulations: lines put together by search, with what they carry and cost."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.formulations import editing, services
from supply.formulations.editing import Edit, TypedLine
from supply.formulations.goods import Good, find_goods, goods_of
from supply.formulations.models import Formulation
from supply.formulations.routes import Page, blueprint, formulation_or_404
from supply.formulations.tally import Portion, ingredients_of, tally
from supply.quantity import ZERO
from supply.refusals import InvalidInput
from supply.web import access
from supply.web.once import once


@blueprint.get("/c/<clinic_code>/formulations/new")
@login_required
def new(clinic_code: str) -> Page:
    """Ask for a new formulation."""
    clinic = access.clinic(clinic_code, Right.FORMULATE)
    return _editor(clinic, None, Edit([]))


@blueprint.post("/c/<clinic_code>/formulations/new")
@login_required
def create(clinic_code: str) -> Page:
    """Add a formulation; every other button only changes the form."""
    clinic = access.clinic(clinic_code, Right.FORMULATE)
    if editing.is_edit(request.form):
        return _editor(clinic, None, _edited(clinic))
    lines = editing.typed_lines(request.form)
    now = clock.now()

    def work() -> dict[str, Any]:
        name = _text("name")
        formulation = services.create_formulation(
            clinic.practice_id,
            code=_text("code") or services.free_code(clinic.practice_id, name),
            name=name,
            concern=_text("concern"),
            lines=editing.read_lines(clinic.practice_id, lines, now=now),
            actor=access.actor(),
            now=now,
        )
        return {"formulation": formulation.id}

    try:
        answer = once(work, now)
    except InvalidInput as refusal:
        errors = editing.show_faults(lines, refusal)
        return _editor(clinic, None, Edit(lines), errors), 400
    flash(_("The formulation is saved."), "success")
    return _to(clinic, answer["formulation"])


@blueprint.get("/c/<clinic_code>/formulations/<int:formulation_id>/edit")
@login_required
def edit(clinic_code: str, formulation_id: int) -> Page:
    """Ask what a formulation shall say."""
    clinic = access.clinic(clinic_code, Right.FORMULATE)
    formulation = formulation_or_404(clinic, formulation_id)
    return _editor(clinic, formulation, Edit(editing.lines_of(formulation.versions[-1])))


@blueprint.post("/c/<clinic_code>/formulations/<int:formulation_id>/edit")
@login_required
def save(clinic_code: str, formulation_id: int) -> Page:
    """Keep what a formulation shall say; a version already used stays and a new one follows."""
    clinic = access.clinic(clinic_code, Right.FORMULATE)
    if editing.is_edit(request.form):
        formulation = formulation_or_404(clinic, formulation_id)
        return _editor(clinic, formulation, _edited(clinic))
    lines = editing.typed_lines(request.form)
    now = clock.now()

    def work() -> dict[str, Any]:
        formulation = formulation_or_404(clinic, formulation_id)
        drafts = editing.read_lines(clinic.practice_id, lines, now=now)
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        services.rename(formulation, name=_text("name"), concern=_text("concern"), **who)
        version = services.save_lines(formulation, drafts, **who)
        return {"version": version.number}

    try:
        once(work, now)
    except InvalidInput as refusal:
        others = editing.show_faults(lines, refusal)
        formulation = formulation_or_404(clinic, formulation_id)
        return _editor(clinic, formulation, Edit(lines), others), 400
    flash(_("The formulation is saved."), "success")
    return _to(clinic, formulation_id)


def _edited(clinic: Clinic) -> Edit:
    wanted = {code for code in (request.form.get("add", ""),) if code}
    return editing.edited(request.form, goods_of(clinic.practice_id, wanted))


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "").strip()[:300]


def _to(clinic: Clinic, formulation_id: int) -> Page:
    return redirect(url_for(".detail", clinic_code=clinic.code, formulation_id=formulation_id))


def _editor(
    clinic: Clinic,
    formulation: Formulation | None,
    edit: Edit,
    errors: Sequence[tuple[str, str]] = (),
) -> str:
    sent = request.method == "POST"
    facts = {
        name: _text(name) if sent else getattr(formulation, name, "")
        for name in ("name", "concern")
    }
    today = access.today()
    text = "" if "add" in request.form else _text("find")
    found = find_goods(clinic, text, facts["concern"], today)
    goods = goods_of(clinic.practice_id, {code for line in edit.lines for code in line.codes})
    parts = ingredients_of({key for good in [*goods.values(), *found] for key in good.product_ids})
    return render_template(
        "formulations/editor.html",
        clinic=clinic,
        formulation=formulation,
        facts=facts,
        edit=edit,
        goods=goods,
        contains={good.code: _contains(good, parts) for good in [*goods.values(), *found]},
        present={line.code for line in edit.lines},
        found=found,
        find=text,
        tally=tally(clinic, _portions(edit.lines, goods), today),
        errors=dict(errors),
        summary=_summary(edit.lines, goods, errors),
        frozen=formulation is not None and formulation.versions[-1].frozen_at is not None,
        concerns=list(wording.CONCERN_WORDS.items()),
        form_key=secrets.token_urlsafe(16),
        words=wording,
    )


def _contains(good: Good, parts: Mapping[int, Sequence[str]]) -> str:
    """Return what is in a good in one line, each ingredient once."""
    named = (name for key in good.product_ids for name in parts.get(key, ()))
    return ", ".join(dict.fromkeys(named))


def _portions(lines: Sequence[TypedLine], goods: Mapping[str, Good]) -> list[Portion]:
    """Return what the lines take, as far as they can be read."""
    found = []
    for line in lines:
        good = goods.get(line.code)
        if good is None:
            continue
        amount = editing.amount_of(line.quantity, good.unit)
        kept = editing.amount_of(line.dead_space, good.unit) or ZERO
        found.append(Portion(good, None if amount is None else amount + kept, line.optional))
    return found


def _summary(
    lines: Sequence[TypedLine], goods: Mapping[str, Good], errors: Sequence[tuple[str, str]]
) -> list[dict[str, str]]:
    """Return every fault as a sentence with a link to its field."""
    found = [{"text": message, "url": f"#{name}"} for name, message in errors]
    for index, line in enumerate(lines):
        what = goods[line.code].name if line.code in goods else line.code
        for name, message in line.errors.items():
            text = str(_("%(what)s: %(more)s", what=what, more=message))
            found.append({"text": text, "url": f"#lines-{index}-{name}"})
    return found
