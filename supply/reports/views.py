"""Pages of the reports room: tracing a lot, or what a patient reference got."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError, clinics_to_keep_for, clinics_to_trace_for
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.barcodes import scan
from supply.catalogue.search import scanned as read_scan
from supply.documents.answers import CSV, download
from supply.handling.everywhere import hold_everywhere, release_all
from supply.inventory import wording
from supply.recalls import wording as recall_wording
from supply.recalls.queries import recalls_of_lots
from supply.reports import trace_paper
from supply.reports.forms import HoldEverywhereForm
from supply.reports.patient_trace import PatientTrace, sessions_known, trace_patient
from supply.reports.trace import Trace, TracedLot, lots_alike, lots_numbered, trace
from supply.text import whole
from supply.web import access
from supply.web.forms import ActionForm, status_of
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

blueprint = Blueprint("reports", __name__)

Page = str | Response | tuple[str, int]


@dataclass
class Asked:
    """What was typed, scanned or followed to here, and what there is of it."""

    text: str = ""
    found: Trace | None = None
    patient: PatientTrace | None = None
    choices: list[TracedLot] = field(default_factory=list)
    problem: str = ""
    of_reference: int = 0
    """Sessions of the patient reference that reads as what was asked, if it is one too."""

    @property
    def kept(self) -> dict[str, Any]:
        """What names the same in an address."""
        if self.patient:
            return {"patient": self.patient.reference}
        lot = self.found.lots[0] if self.found and self.found.lots else None
        return {"lot": lot.number, "sku": lot.sku} if lot else {}


@blueprint.get("/c/<clinic_code>/trace", endpoint="trace")
@login_required
def trace_page(clinic_code: str) -> Page:
    """Show where a lot came from, is, and went, in every clinic the person may see."""
    clinic = access.clinic(clinic_code)
    return _page(clinic, _asked(), HoldEverywhereForm())


@blueprint.get("/c/<clinic_code>/trace.<any(csv, pdf):form>")
@login_required
def trace_file(clinic_code: str, form: str) -> Response:
    """Give a trace to take along: CSV for programs, PDF for the authority."""
    clinic = access.clinic(clinic_code)
    asked = _asked()
    found = asked.patient or asked.found
    if found is None or not found.lots:
        raise NotFoundHereError(form)
    if form == "csv":
        return download(trace_paper.as_csv(found), CSV, "trace.csv")
    content = trace_paper.as_pdf(found, clock.now(), clinic.timezone)
    return download(content, "application/pdf", "trace.pdf")


@blueprint.post("/c/<clinic_code>/trace/hold")
@login_required
def hold(clinic_code: str) -> Page:
    """Hold a traced lot in every clinic whose stock the person keeps."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    asked = _asked()
    if asked.found is None or not asked.found.lots:
        raise NotFoundHereError(request.values.get("lot", ""))
    number, lot_ids = asked.found.lots[0].number, [lot.id for lot in asked.found.lots]
    here = {"clinic_code": clinic.code, **asked.kept}
    form = HoldEverywhereForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        reason = form.reason.data or ""
        holds = hold_everywhere(_kept(), lot_ids, reason=reason, actor=access.actor(), now=now)
        return {"holds": holds}

    answer = saved_once(form, work, now)
    if answer is None:
        return _page(access.clinic(clinic_code, Right.STOCK), _asked(), form)
    undo = url_for(".release", **here)
    flash_undo(
        _("Lot %(lot)s is on hold in every clinic.", lot=number),
        undo,
        {"holds": " ".join(map(str, answer["holds"]))},
    )
    return redirect(url_for(".trace", **here))


@blueprint.post("/c/<clinic_code>/trace/release")
@login_required
def release(clinic_code: str) -> Response:
    """Undo a hold everywhere: release those of its holds that still stand."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    here: dict[str, Any] = {
        name: request.args[name] for name in ("lot", "sku") if name in request.args
    }
    back = url_for(".trace", clinic_code=clinic.code, **here)
    numbers = [whole(number) for number in request.form.get("holds", "").split()[:1000]]
    hold_ids = [number for number in numbers if number is not None]
    now = clock.now()

    def work() -> dict[str, Any]:
        reason = _("Held by mistake")
        count = release_all(_kept(), hold_ids, reason=reason, actor=access.actor(), now=now)
        return {"released": count}

    done_once(work, now)
    return redirect(back)


def _kept() -> list[Clinic]:
    """Return the clinics whose stock the signed-in person keeps."""
    kept = set(clinics_to_keep_for(access.person(), access.clinics()))
    return [clinic for clinic in access.clinics() if clinic.id in kept]


def _traced() -> list[Clinic]:
    """Return the clinics where the signed-in person may follow a patient reference."""
    traced = set(clinics_to_trace_for(access.person(), access.clinics()))
    return [clinic for clinic in access.clinics() if clinic.id in traced]


def _page(clinic: Clinic, asked: Asked, form: ActionForm) -> Page:
    nothing = not asked.patient and (asked.found is None or asked.found.is_empty)
    scanned = scan(asked.text, today=access.today())
    lots = [lot.id for lot in asked.found.lots] if asked.found else []
    page = render_template(
        "reports/trace.html",
        clinic=clinic,
        today=access.today(),
        q=asked.text,
        asked=asked,
        found=asked.found,
        patient=asked.patient,
        choices=asked.choices,
        alike=[] if asked.patient else lots_alike(access.clinics(), scanned.lot or asked.text),
        problem=asked.problem,
        read=read_scan(asked.text, today=access.today()) if nothing else None,
        recalls=recalls_of_lots(clinic.practice_id, lots) if lots else [],
        recalling=recall_wording,
        words=wording,
        form=form,
    )
    return page, status_of(form)


def _asked() -> Asked:
    """Return what was asked for; a patient reference only where the person may follow one."""
    text, lot, sku, patient = (
        request.values.get(name, "").strip()[:200] for name in ("q", "lot", "sku", "patient")
    )
    if patient:
        if not _traced():
            return Asked(patient, problem=_("Your role does not include patient references."))
        return Asked(patient, patient=trace_patient(_traced(), patient))
    asked = _search(text, lot, sku)
    if asked.text and not sku:
        asked.of_reference = sessions_known(_traced(), asked.text)
    if asked.of_reference and (asked.found is None or asked.found.is_empty) and not asked.choices:
        return Asked(asked.text, patient=trace_patient(_traced(), asked.text))
    return asked


def _search(text: str, lot: str, sku: str) -> Asked:
    """Return what lots there are for what was typed or scanned."""
    clinics, traced = access.clinics(), [clinic.id for clinic in _traced()]
    if lot and sku:
        return Asked(text or lot, trace(clinics, lot=lot, sku=sku, traced=traced))
    text = text or lot
    if not text:
        return Asked()
    scanned = scan(text, today=access.today())
    if (scanned.gtin or scanned.item) and scanned.lot:
        named: dict[str, Any] = {"gtin": scanned.gtin} if scanned.gtin else {"sku": scanned.item}
        return Asked(text, trace(clinics, lot=scanned.lot, traced=traced, **named))
    if scanned.gtin or scanned.item:
        return Asked(text, problem=_("This code does not name a lot. Type the lot number."))
    choices = lots_numbered(clinics, text)
    if len({choice.sku for choice in choices}) == 1:
        return Asked(text, trace(clinics, lot=text, sku=choices[0].sku, traced=traced))
    return Asked(text, choices=choices) if choices else Asked(text, Trace())
