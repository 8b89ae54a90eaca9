"""What is known of a patient reference: its allergens, courses and sessions, booked or not."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.refusals import InvalidInput, Refusal
from supply.treatments import allergies, session_queries
from supply.treatments.forms import AllergenForm, WithdrawForm
from supply.treatments.routes import Page, blueprint
from supply.treatments.wording import status_word
from supply.web import access
from supply.web.forms import show
from supply.web.once import once


@blueprint.get("/c/<clinic_code>/patient")
@login_required
def patient(clinic_code: str) -> Page:
    """Show what is known of the reference ``patient``."""
    return _patient_page(access.clinic(clinic_code), _blank_form(), 200)


@blueprint.post("/c/<clinic_code>/patient")
@login_required
def note_allergens(clinic_code: str) -> Page:
    """Note what the patient is allergic to."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    form = _choices(AllergenForm(), clinic)
    if not form.validate():
        return _patient_page(clinic, form, 400)
    said = [*(form.allergens.data or ()), *(form.other.data or "").split(",")]

    def work(now: dt.datetime) -> dict[str, Any]:
        if not any(text.strip() for text in said):
            raise InvalidInput(("other", _("Choose an allergen, or write one.")))
        codes = allergies.note(clinic, _reference(), said, actor=access.actor(), now=now)
        return {"allergens": codes}

    return _done(clinic, form, work, _("Noted. Every session that contains it asks for a reason."))


@blueprint.post("/c/<clinic_code>/patient/allergens/<int:known_id>/withdraw")
@login_required
def withdraw_allergen(clinic_code: str, known_id: int) -> Page:
    """Take back that the patient is allergic to something."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    form = WithdrawForm()

    def work(now: dt.datetime) -> dict[str, Any]:
        reason = form.reason.data or ""
        allergies.withdraw(clinic, known_id, reason, actor=access.actor(), now=now)
        return {"known": known_id}

    return _done(clinic, form, work, _("Taken back, with the reason."), withdrawing=known_id)


def _done(
    clinic: Clinic,
    form: AllergenForm | WithdrawForm,
    work: Callable[[dt.datetime], dict[str, Any]],
    words: str,
    withdrawing: int | None = None,
) -> Page:
    now = clock.now()
    try:
        once(lambda: work(now), now)
    except Refusal as refusal:
        show(form, refusal)
        if isinstance(form, AllergenForm):
            return _patient_page(clinic, _choices(form, clinic), 400)
        return _patient_page(clinic, _blank_form(), 400, form, withdrawing)
    flash(words, "success")
    return redirect(url_for(".patient", clinic_code=clinic.code, patient=_reference()))


def _reference() -> str:
    return request.values.get("patient", "").strip()


def _blank_form() -> AllergenForm:
    return AllergenForm(formdata=None, data={"form_key": uuid.uuid4().hex})


def _choices(form: AllergenForm, clinic: Clinic) -> AllergenForm:
    form.allergens.choices = [
        (code, wording.allergen(code)) for code in allergies.allergens_to_choose(clinic.practice_id)
    ]
    return form


def _patient_page(
    clinic: Clinic,
    form: AllergenForm,
    status: int,
    withdrawal: WithdrawForm | None = None,
    withdrawing: int | None = None,
) -> Page:
    reference = _reference()
    known = allergies.known_of(clinic.practice_id, reference) if reference else []
    page = render_template(
        "treatments/patient.html",
        clinic=clinic,
        reference=reference,
        known=known,
        withdrawn=allergies.withdrawn_of(clinic.practice_id, reference) if reference else [],
        sessions=session_queries.sessions_of_reference(clinic, reference) if reference else [],
        form=_choices(form, clinic),
        withdrawal=withdrawal or WithdrawForm(formdata=None, data={"form_key": uuid.uuid4().hex}),
        withdrawing=withdrawing,
        status_word=status_word,
        today=access.today(),
    )
    return page, status
