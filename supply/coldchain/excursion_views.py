"""An excursion: what happened, what the maker says, and what becomes of what was there."""

from __future__ import annotations

import datetime as dt
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.coldchain import deciding, queries, wording
from supply.coldchain.charts import Window
from supply.coldchain.forms import AnswerForm
from supply.coldchain.limits import limits_of
from supply.coldchain.models import ColdExcursion, ExcursionDocument
from supply.coldchain.routes import Page, blueprint
from supply.db import db
from supply.documents import answers
from supply.items import wording as item_words
from supply.text import whole
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

AROUND = dt.timedelta(hours=3)
"""How much before and after an excursion its picture shows."""


@blueprint.get("/c/<clinic_code>/cold/excursions/<int:excursion_id>")
@login_required
def excursion(clinic_code: str, excursion_id: int) -> Page:
    """Show an excursion, the next step first."""
    clinic = access.clinic(clinic_code)
    found = queries.excursion_here(clinic, excursion_id)
    return _page(clinic, found, AnswerForm(data=_answer_of(found)))


def _answer_of(found: ColdExcursion) -> dict[str, Any]:
    return {
        "answer": found.answer,
        "by": found.answered_by,
        "on": found.answered_on or access.today(),
    }


def _page(clinic: Clinic, found: ColdExcursion, form: AnswerForm) -> str:
    now = clock.now()
    around = queries.DAY if found.of_days else AROUND
    window = Window(found.began_at - around, min((found.ended_at or now) + around, now + AROUND))
    limits = limits_of(found.location)
    return render_template(
        "coldchain/excursion.html",
        clinic=clinic,
        excursion=found,
        limits=limits,
        course=queries.course_of(found.location, window, limits),
        window=window,
        held=deciding.held_parts(found.id),
        may_release=found.answered_at is not None and found.ended_at is not None,
        document=_document(found),
        form=form,
        key=token_hex(16),
        words=wording,
        amounts=item_words,
        today=access.today(),
        may_decide=access.can(Right.STOCK),
    )


def _document(found: ColdExcursion) -> str | None:
    query = sa.select(ExcursionDocument.name).where(ExcursionDocument.excursion_id == found.id)
    return db.session.scalars(query).one_or_none()


@blueprint.post("/c/<clinic_code>/cold/excursions/<int:excursion_id>/answer")
@login_required
def answer(clinic_code: str, excursion_id: int) -> Page:
    """Write down what the maker says."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    found = queries.excursion_here(clinic, excursion_id)
    form, now = AnswerForm(), clock.now()

    def work() -> dict[str, Any]:
        sent = form.document.data
        document = (sent.filename or _("Answer"), sent.read()) if sent else None
        said = deciding.Answer(
            text(form.answer), text(form.by), form.on.data or access.today(), document
        )
        row = deciding.locked(clinic, excursion_id)
        deciding.write_answer(row, said, today=access.today(), actor=access.actor(), now=now)
        return {"excursion": excursion_id}

    if saved_once(form, work, now):
        flash(_("Saved. Now say what becomes of each lot."), "success")
        return _back(clinic, excursion_id)
    return _page(clinic, found, form), status_of(form)


@blueprint.post("/c/<clinic_code>/cold/excursions/<int:excursion_id>/decide")
@login_required
def decide(clinic_code: str, excursion_id: int) -> Page:
    """Release some lots and discard others, in one go."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.excursion_here(clinic, excursion_id)
    release, discard = _chosen("release"), _chosen("discard")
    now = clock.now()

    def work() -> dict[str, Any]:
        done = deciding.decide(
            clinic, excursion_id, release=release, discard=discard, actor=access.actor(), now=now
        )
        return {"released": list(done.released), "entries": list(done.entries)}

    if not release and not discard:
        flash(_("Choose what becomes of at least one lot."), "error")
    elif (made := done_once(work, now)) is not None:
        undo = url_for(".undo_decision", clinic_code=clinic.code, excursion_id=excursion_id)
        flash_undo(
            wording.decided(len(release), len(discard)),
            undo,
            {name: " ".join(map(str, made[name])) for name in ("released", "entries")},
        )
    return _back(clinic, excursion_id)


def _chosen(what: str) -> list[int]:
    """Return the holds for which the page's rows say ``what``."""
    return [
        hold_id
        for name, chosen in request.form.items()
        if name.startswith("hold-")
        and chosen == what
        and (hold_id := whole(name.removeprefix("hold-")))
    ]


@blueprint.post("/c/<clinic_code>/cold/excursions/<int:excursion_id>/undo")
@login_required
def undo_decision(clinic_code: str, excursion_id: int) -> Page:
    """Take a decision back."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.excursion_here(clinic, excursion_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        ids = {name: _numbers(name) for name in ("released", "entries")}
        deciding.undo(clinic, excursion_id, **ids, actor=access.actor(), now=now)
        return {"excursion": excursion_id}

    if done_once(work, now):
        flash(_("On hold again."), "success")
    return _back(clinic, excursion_id)


def _numbers(name: str) -> list[int]:
    return [number for one in request.form.get(name, "").split() if (number := whole(one))]


@blueprint.post("/c/<clinic_code>/cold/excursions/<int:excursion_id>/close")
@login_required
def close(clinic_code: str, excursion_id: int) -> Page:
    """Close an excursion of which nothing is held."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    queries.excursion_here(clinic, excursion_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        deciding.close(clinic, excursion_id, actor=access.actor(), now=now)
        return {"excursion": excursion_id}

    if done_once(work, now):
        undo = url_for(".undo_decision", clinic_code=clinic.code, excursion_id=excursion_id)
        flash_undo(_("Closed."), undo)
    return _back(clinic, excursion_id)


@blueprint.get("/c/<clinic_code>/cold/excursions/<int:excursion_id>/document")
@login_required
def document(clinic_code: str, excursion_id: int) -> Response:
    """Give the maker's document."""
    clinic = access.clinic(clinic_code)
    queries.excursion_here(clinic, excursion_id)
    found = db.session.get(ExcursionDocument, excursion_id)
    if found is None:
        raise NotFoundHereError(str(excursion_id))
    ending = found.media_type.rpartition("/")[2]
    return answers.download(found.content, found.media_type, f"answer-{excursion_id}.{ending}")


def _back(clinic: Clinic, excursion_id: int) -> Response:
    return redirect(url_for(".excursion", clinic_code=clinic.code, excursion_id=excursion_id))
