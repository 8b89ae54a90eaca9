"""A clinic's pages of recalls: what to do first, where it lies, who got it, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_hex
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError, clinics_to_keep_for
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.db import AnyRow
from supply.documents.answers import CSV, download
from supply.inventory.entries import Movement, entry_of
from supply.inventory.reversal import reverse
from supply.items import wording as amounts
from supply.quantity import InvalidQuantityError, Unit
from supply.recalls import paper, places, queries, wording
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge, look_in, take_answer_back
from supply.recalls.figures import Row, items_of
from supply.recalls.forms import AnswerForm
from supply.recalls.looking import looked_in
from supply.recalls.models import Recall
from supply.recalls.reaching import Meant, meant_by
from supply.recalls.routes import Page, blueprint
from supply.recalls.terms import RECALL_SOURCE, Outcome, RecallAnswer, RecallStatus
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.web import access
from supply.web.choices import chosen
from supply.web.forms import status_of, text
from supply.web.numbers import read_quantity, typed
from supply.web.once import once
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

MOST_SHOWN = 50
"""Sessions that the page lists; its files have all."""


@blueprint.get("/c/<clinic_code>/recalls")
@login_required
def clinic_recalls(clinic_code: str) -> Page:
    """List the recalls that reach the clinic's practice."""
    clinic = access.clinic(clinic_code)
    status = chosen(RecallStatus, request.args.get("status"), RecallStatus.OPEN)
    before = whole(request.args.get("before", ""))
    found = queries.recalls_for(
        practices=[clinic.practice_id], status=status, before=before, most=queries.PAGE + 1
    )
    shown = found[: queries.PAGE]
    is_all = before is None and found == shown
    count = (
        len(found) if is_all else queries.how_many(practices=[clinic.practice_id], status=status)
    )
    answers = queries.answers_of(clinic.practice_id, [recall.id for recall in shown])
    return render_template(
        "recalls/clinic_recalls.html",
        clinic=clinic,
        found=shown,
        count=count,
        answers=answers,
        status=status,
        more=shown[-1].id if len(found) > queries.PAGE else None,
        words=wording,
        today=access.today(),
    )


@blueprint.get("/c/<clinic_code>/recalls/<int:recall_id>")
@login_required
def clinic_recall(clinic_code: str, recall_id: int) -> Page:
    """Show a recall that reaches the clinic's practice, what to do on top."""
    clinic = access.clinic(clinic_code)
    return _page(clinic, recall_id, _answer_form(clinic))


def _page(
    clinic: Clinic, recall_id: int, form: AnswerForm, problem: tuple[int | None, str] | None = None
) -> str:
    recall, row = queries.recall_of_practice(clinic.practice, recall_id)
    clinics = _clinics(clinic)
    what = meant_by(recall)
    rows = _rows(recall, what, clinic, clinics)
    looked = looked_in(row, clinics.values(), rows)
    traced = _traced(clinics)
    sessions = queries.sessions_of(recall_id, traced) if traced else []
    before = whole(request.args.get("told", ""))
    told, told_before = queries.told_of(recall_id, [clinic.practice_id], before)
    return render_template(
        "recalls/clinic_recall.html",
        clinic=clinic,
        clinics=clinics,
        recall=recall,
        row=row,
        rows=rows,
        items=items_of([*rows, *sessions]),
        places=places.places_of(recall_id, clinic.id),
        looked=looked,
        coming=places.on_their_way(what, clinic.id),
        between=places.between_clinics(recall_id, clinic.id),
        sessions=sessions,
        most_shown=MOST_SHOWN,
        told=told,
        told_before=told_before,
        form=form,
        problem=problem,
        typed=request.form if problem else {},
        shown=typed,
        key=token_hex(16),
        words=wording,
        amounts=amounts,
        today=access.today(),
        may_answer=access.can(Right.STOCK),
        may_account=access.can(Right.STOCK) and not recall.is_drill and not recall.withdrawn_at,
    )


def _clinics(clinic: Clinic) -> dict[int, Clinic]:
    """Return the clinics of the same practice that the person sees, by id."""
    return {one.id: one for one in access.clinics() if one.practice_id == clinic.practice_id}


def _rows(recall: Recall, what: Meant, clinic: Clinic, clinics: Mapping[int, Clinic]) -> list[Row]:
    rows = queries.stock_of(recall, [clinic.practice_id], what)
    return [row for row in rows if row.clinic_id in clinics]


def _traced(clinics: Mapping[int, Clinic]) -> list[int]:
    """Return those of the clinics whose patients' references the person may see."""
    return list(clinics) if access.can(Right.TRACE) else []


@blueprint.post("/c/<clinic_code>/recalls/<int:recall_id>/answer")
@login_required
def answer(clinic_code: str, recall_id: int) -> Page:
    """Answer a recall for the practice."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.recall_of_practice(clinic.practice, recall_id)
    practice_id, form, now = clinic.practice_id, _answer_form(clinic), clock.now()
    looked = form.looked(clinic)

    def work() -> dict[str, Any]:
        acknowledge(
            recall_id,
            practice_id,
            answer=RecallAnswer(form.answer.data),
            note=text(form.note),
            clinics=looked,
            actor=access.actor(),
            now=now,
        )
        return {"recall": recall_id}

    if saved_once(form, work, now) is None:
        return _page(access.clinic(clinic_code, Right.STOCK), recall_id, form), status_of(form)
    undo = url_for(".answer_back", clinic_code=clinic_code, recall_id=recall_id)
    flash_undo(_("Answered. The supplier sees it."), undo)
    return _back(clinic_code, recall_id)


def _answer_form(clinic: Clinic) -> AnswerForm:
    clinics = _clinics(clinic)
    kept = clinics_to_keep_for(access.person(), clinics.values())
    return AnswerForm([clinics[one] for one in kept], clinic)


@blueprint.post("/c/<clinic_code>/recalls/<int:recall_id>/looked")
@login_required
def looked_here(clinic_code: str, recall_id: int) -> Page:
    """Say that it was looked for in this clinic, too."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.recall_of_practice(clinic.practice, recall_id)
    practice_id, clinic_id, now = clinic.practice_id, clinic.id, clock.now()

    def work() -> dict[str, Any]:
        look_in(recall_id, practice_id, clinic_id, actor=access.actor(), now=now)
        return {"recall": recall_id}

    if done_once(work, now):
        flash(_("It is kept that you looked here."), "success")
    return _back(clinic_code, recall_id)


@blueprint.post("/c/<clinic_code>/recalls/<int:recall_id>/answer/undo")
@login_required
def answer_back(clinic_code: str, recall_id: int) -> Page:
    """Take an answer back."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.recall_of_practice(clinic.practice, recall_id)
    practice_id, now = clinic.practice_id, clock.now()

    def work() -> dict[str, Any]:
        take_answer_back(recall_id, practice_id, actor=access.actor(), now=now)
        return {"recall": recall_id}

    if done_once(work, now):
        flash(_("The answer is taken back."), "success")
    return _back(clinic_code, recall_id)


@blueprint.post("/c/<clinic_code>/recalls/<int:recall_id>/account")
@login_required
def account_for(clinic_code: str, recall_id: int) -> Page:
    """Say what became of what lies here, place by place: all of it, or none."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.recall_of_practice(clinic.practice, recall_id)
    now, at = clock.now(), {"place": None}

    def work() -> dict[str, Any]:
        entries = []
        for place in places.places_of(recall_id, clinic.id):
            at["place"] = place.id
            said = _said(place)
            if said is not None:
                actor = access.actor()
                entries.append(account(clinic, recall_id, said, actor=actor, now=now))
        at["place"] = None
        if not entries:
            raise Refusal(_("Say of at least one place what became of it."))
        return {"entries": entries}

    try:
        made = once(work, now)
    except Refusal as refusal:
        problem = (at["place"], str(refusal))
        clinic = access.clinic(clinic_code, Right.STOCK)
        return _page(clinic, recall_id, _answer_form(clinic), problem), 400
    undo = url_for(".account_back", clinic_code=clinic_code, recall_id=recall_id)
    flash_undo(_("Accounted for."), undo, {"entries": " ".join(map(str, made["entries"]))})
    return _back(clinic_code, recall_id)


def _said(place: AnyRow) -> Accounted | None:
    """Return what the page's row says of a place; None for nothing yet."""
    outcome = request.form.get(f"outcome-{place.id}", "")
    if outcome not in list(Outcome):
        return None
    amount = request.form.get(f"amount-{place.id}", "")
    sealed = place.container_id is None
    try:
        quantity = read_quantity(amount, Unit.EACH if sealed else place.unit)
    except InvalidQuantityError as error:
        raise InvalidInput((f"amount-{place.id}", str(error))) from error
    if sealed:
        quantity *= place.content_per_container
    return Accounted(place.lot_id, quantity, Outcome(outcome), balance_id=place.id)


@blueprint.post("/c/<clinic_code>/recalls/<int:recall_id>/account/undo")
@login_required
def account_back(clinic_code: str, recall_id: int) -> Page:
    """Undo what was said to be returned or destroyed."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.recall_of_practice(clinic.practice, recall_id)
    ids = [found for one in request.form.get("entries", "").split()[:200] if (found := whole(one))]
    if not all(_accounts_for(recall_id, entry_of(clinic, entry_id)) for entry_id in ids):
        raise NotFoundHereError(str(recall_id))
    now = clock.now()

    def work() -> dict[str, Any]:
        for entry_id in sorted(ids, reverse=True):
            reverse(entry_id, reason="", actor=access.actor(), now=now)
        return {"recall": recall_id}

    if done_once(work, now):
        flash(_("On the shelf again. What is recalled stays on hold."), "success")
    return _back(clinic_code, recall_id)


def _accounts_for(recall_id: int, entry: Movement | None) -> bool:
    """Return whether an entry says what became of stock of this recall."""
    source = (RECALL_SOURCE, recall_id)
    return entry is not None and (entry.source_type, entry.source_id) == source


@blueprint.get("/c/<clinic_code>/recalls/<int:recall_id>/recall.<any(csv, pdf):form>")
@login_required
def clinic_file(clinic_code: str, recall_id: int, form: str) -> Response:
    """Give what became of a recall here: the reply as a PDF, the sessions as a CSV."""
    clinic = access.clinic(clinic_code, Right.TRACE)
    recall, row = queries.recall_of_practice(clinic.practice, recall_id)
    clinics = _clinics(clinic)
    rows = _rows(recall, meant_by(recall), clinic, clinics)
    sessions = queries.sessions_of(recall_id, list(clinics))
    items = items_of([*rows, *sessions])
    here = paper.Here(clinic, clinics, rows, sessions, items)
    if form == "csv":
        return download(paper.as_csv(here), CSV, f"recall-{recall_id}.csv")
    content = paper.as_pdf(recall, row, here, clock.now())
    return download(content, "application/pdf", f"recall-{recall_id}.pdf")


def _back(clinic_code: str, recall_id: int) -> Response:
    return redirect(url_for(".clinic_recall", clinic_code=clinic_code, recall_id=recall_id))
