"""The index of a practice's settings, and the pages of the practice and its clinics."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import abort, current_app, flash, redirect, render_template, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic, Practice
from supply.accounts.names import DAYS, locale_choices
from supply.accounts.rules import Right
from supply.db import db
from supply.settings import services
from supply.settings.forms import ClinicForm, NewClinicForm, PracticeForm, RegisteredForm
from supply.settings.routes import Page, blueprint
from supply.settings.services import ClinicFacts, PracticeFacts
from supply.vat.registration import Registration, register, who_checked
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import saved


@blueprint.get("/p/<practice_code>/settings")
@login_required
def index(practice_code: str) -> Page:
    """Everything that is set up once: people, clinics, shelves, items, reorder points."""
    practice = access.practice(practice_code)
    if not (access.can(Right.STOCK) or access.can(Right.SETTINGS)):
        abort(403)
    return render_template(
        "settings/index.html",
        practice=practice,
        clinics=[c for c in access.clinics() if c.practice_id == practice.id],
        exists=lambda endpoint: endpoint in current_app.view_functions,
        Right=Right,
    )


@blueprint.route("/p/<practice_code>/settings/practice", methods=["GET", "POST"])
@login_required
def practice(practice_code: str) -> Page:
    """The practice's name, language and licence."""
    place = access.practice(practice_code, Right.SETTINGS)
    form = PracticeForm(obj=place)
    form.locale.choices = locale_choices(place.locale)
    form.offer_countries(str(get_locale()))
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}

    def work() -> None:
        services.change_practice(place, _practice_facts(form), **who)
        register(place, registration(form), **who)

    if not saved(form, work):
        return _practice_page(place, form)
    flash(_("Saved."), "success")
    return redirect(url_for("settings.index", practice_code=practice_code))


def registration(form: RegisteredForm) -> Registration:
    """Return what a form says of where a business is registered."""
    return Registration(text(form.country), text(form.vat_number), bool(form.vat_looked_up.data))


def _practice_facts(form: PracticeForm) -> PracticeFacts:
    return PracticeFacts(
        name=text(form.name),
        locale=form.locale.data,
        licence_number=text(form.licence_number).strip() or None,
        licence_valid_to=form.licence_valid_to.data,
    )


@blueprint.get("/p/<practice_code>/settings/clinics")
@login_required
def clinics(practice_code: str) -> Page:
    """The practice's clinics."""
    place = access.practice(practice_code, Right.SETTINGS)
    return render_template("settings/clinics.html", practice=place, days=DAYS)


@blueprint.route("/p/<practice_code>/settings/clinics/new", methods=["GET", "POST"])
@login_required
def new_clinic(practice_code: str) -> Page:
    """Open a clinic."""
    place = access.practice(practice_code, Right.SETTINGS)
    form = NewClinicForm(data=_first_facts(place))
    form.fit(place.locale)
    if not saved(form, lambda: _open(place, form)):
        return _clinic_page(place, None, form)
    flash(_("The clinic is open. It has a cupboard and a fridge."), "success")
    return redirect(url_for("settings.clinics", practice_code=practice_code))


@blueprint.route("/p/<practice_code>/settings/clinics/<int:clinic_id>", methods=["GET", "POST"])
@login_required
def clinic(practice_code: str, clinic_id: int) -> Page:
    """Change a clinic."""
    place = access.practice(practice_code, Right.SETTINGS)
    found = db.session.scalar(
        sa.select(Clinic).where(Clinic.id == clinic_id, Clinic.practice_id == place.id)
    )
    if found is None:
        abort(404)
    form = ClinicForm(obj=found, data=None)
    form.fit(found.locale)
    if not form.is_submitted():
        form.opening_days.data = _days(found.opening_days)
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    if not saved(form, lambda: services.change_clinic(found, _facts(form), **who)):
        return _clinic_page(place, found, form)
    flash(_("Saved."), "success")
    return redirect(url_for("settings.clinics", practice_code=practice_code))


def _practice_page(place: Practice, form: PracticeForm) -> Page:
    page = render_template(
        "settings/practice.html", practice=place, form=form, checked=who_checked(place)
    )
    return page, status_of(form)


def _clinic_page(place: Practice, found: Clinic | None, form: ClinicForm) -> Page:
    page = render_template("settings/clinic.html", practice=place, clinic=found, form=form)
    return page, status_of(form)


def _open(place: Practice, form: NewClinicForm) -> None:
    actor, now = access.actor(), clock.now()
    made = services.open_clinic(
        place,
        code=text(form.code),
        name=text(form.name),
        timezone=text(form.timezone),
        currency=text(form.currency),
        locale=form.locale.data,
        actor=actor,
        now=now,
    )
    services.change_clinic(made, _facts(form), actor=actor, now=now)


def _facts(form: ClinicForm) -> ClinicFacts:
    return ClinicFacts(
        name=text(form.name),
        address=text(form.address),
        timezone=text(form.timezone).strip(),
        locale=form.locale.data,
        opening_days=sum(1 << day for day in form.opening_days.data or ()),
        digest_hour=form.digest_hour.data or 0,
        expiring_days=form.expiring_days.data or 0,
    )


def _first_facts(place: Practice) -> dict[str, Any]:
    """Return what most new clinics start with: the practice's, and the weekdays."""
    sister = place.clinics[0] if place.clinics else None
    return {
        "currency": place.currency,
        "locale": place.locale,
        "timezone": sister.timezone if sister else "",
        "opening_days": list(range(5)),
        "digest_hour": 7,
        "expiring_days": 60,
    }


def _days(bits: int) -> list[int]:
    return [day for day in range(7) if bits >> day & 1]
