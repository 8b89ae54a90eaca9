"""Pages of protocols: what is given on which days; and what is taken out of use."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.formulations.models import Formulation
from supply.formulations.queries import formulation_of, formulations_of
from supply.treatments import archiving, protocol_writing
from supply.treatments.forms import NewProtocolForm, ProtocolForm
from supply.treatments.models import Protocol
from supply.treatments.protocol_writing import ProtocolText
from supply.treatments.protocols import protocol_of, protocols_of
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import done, saved, saved_once
from supply.web.toasts import flash_undo

blueprint = Blueprint("protocols", __name__)

Page = str | Response | tuple[str, int]
ADDRESS = "/c/<clinic_code>/protocols"


@blueprint.app_template_global()
def protocols_using(formulation: Formulation) -> list[Protocol]:
    """Return the protocols that give ``formulation``; its page lies in a room below this one."""
    return protocols_of(formulation.practice_id, formulation.id)


@blueprint.get(ADDRESS)
@login_required
def index(clinic_code: str) -> str:
    """Show the practice's protocols, those in use or those archived."""
    clinic = access.clinic(clinic_code)
    archived = request.args.get("show") == "archived"
    return render_template(
        "formulations/protocols.html",
        clinic=clinic,
        protocols=protocols_of(clinic.practice_id, archived=archived),
        archived=archived,
        may_edit=access.can(Right.STOCK),
        words=wording,
    )


@blueprint.route(f"{ADDRESS}/new", methods=["GET", "POST"])
@login_required
def new(clinic_code: str) -> Page:
    """Add a protocol."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    form = NewProtocolForm(data={"formulation": request.args.get("formulation", 0, type=int)})
    _offer(form, clinic)
    now = clock.now()

    def work() -> dict[str, Any]:
        made = protocol_writing.create_protocol(
            clinic.practice_id, text(form.code), _typed(form), actor=access.actor(), now=now
        )
        return {"protocol": made.id}

    answer = saved_once(form, work, now)
    if answer is None:
        return _editor(clinic, None, form)
    flash(_("The protocol is saved."), "success")
    return _to(clinic, answer["protocol"])


@blueprint.get(f"{ADDRESS}/<int:protocol_id>")
@login_required
def detail(clinic_code: str, protocol_id: int) -> str:
    """Show on which days a protocol is given, and what is known of it."""
    clinic = access.clinic(clinic_code)
    return render_template(
        "formulations/protocol.html",
        clinic=clinic,
        protocol=_protocol(clinic, protocol_id),
        may_edit=access.can(Right.STOCK),
        words=wording,
    )


@blueprint.route(f"{ADDRESS}/<int:protocol_id>/edit", methods=["GET", "POST"])
@login_required
def edit(clinic_code: str, protocol_id: int) -> Page:
    """Change what a protocol says; courses already planned keep their days."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    protocol = _protocol(clinic, protocol_id)
    form = ProtocolForm(data=_as_form(protocol))
    _offer(form, clinic)
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}

    def work() -> None:
        protocol_writing.change_protocol(_protocol(clinic, protocol_id), _typed(form), **who)

    if not saved(form, work):
        return _editor(clinic, _protocol(clinic, protocol_id), form)
    flash(_("The protocol is saved."), "success")
    return _to(clinic, protocol_id)


@blueprint.post(f"{ADDRESS}/<int:protocol_id>/archive")
@login_required
def archive(clinic_code: str, protocol_id: int) -> Page:
    """Take a protocol out of use; with ``again`` use it again."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    here = url_for(".archive", clinic_code=clinic.code, protocol_id=protocol_id)
    again = request.form.get("again") == "yes"
    change = archiving.bring_back_protocol if again else archiving.archive_protocol
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    if done(lambda: change(_protocol(clinic, protocol_id), **who)):
        _say(again, _("The protocol is archived."), _("The protocol is in use again."), here)
    return _to(clinic, protocol_id)


@blueprint.post("/c/<clinic_code>/formulations/<int:formulation_id>/archive")
@login_required
def archive_formulation(clinic_code: str, formulation_id: int) -> Page:
    """Take a formulation out of use; with ``again`` use it again."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    values: dict[str, Any] = {"clinic_code": clinic.code, "formulation_id": formulation_id}
    again = request.form.get("again") == "yes"
    change = archiving.bring_back_formulation if again else archiving.archive_formulation

    def work() -> None:
        found = formulation_of(clinic.practice_id, formulation_id) or abort(404)
        change(found, actor=access.actor(), now=clock.now())

    if done(work):
        here = url_for(".archive_formulation", **values)
        _say(again, _("The formulation is archived."), _("The formulation is in use again."), here)
    return redirect(url_for("formulations.detail", **values))


def _say(again: bool, archived: str, back: str, here: str) -> None:
    """Say what was done, with the way back where there is one."""
    if again:
        flash(back, "success")
        return
    flash_undo(archived, here, {"again": "yes"})


def _protocol(clinic: Clinic, protocol_id: int) -> Protocol:
    return protocol_of(clinic.practice_id, protocol_id) or abort(404)


def _to(clinic: Clinic, protocol_id: int) -> Response:
    return redirect(url_for(".detail", clinic_code=clinic.code, protocol_id=protocol_id))


def _offer(form: ProtocolForm, clinic: Clinic) -> None:
    form.formulation.choices = [
        (0, _("Choose")), *((row.id, row.name) for row in formulations_of(clinic.practice_id))
    ]  # fmt: skip


def _typed(form: ProtocolForm) -> ProtocolText:
    return ProtocolText(
        name=text(form.name),
        formulation_id=form.formulation.data or 0,
        days=text(form.days),
        maintenance_days=form.maintenance_days.data,
        sessions_minimum=form.sessions_minimum.data,
        evidence=text(form.evidence),
        source=text(form.source),
    )


def _as_form(protocol: Protocol) -> dict[str, Any]:
    columns = ("name", "maintenance_days", "sessions_minimum", "evidence", "source")
    return {
        **{name: getattr(protocol, name) for name in columns},
        "formulation": protocol.formulation_id,
        "days": " ".join(str(row.day) for row in protocol.days),
    }


def _editor(clinic: Clinic, protocol: Protocol | None, form: ProtocolForm) -> Page:
    page = render_template(
        "formulations/protocol_editor.html", clinic=clinic, protocol=protocol, form=form
    )
    return page, status_of(form)
