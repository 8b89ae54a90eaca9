"""Pages of the reports room: tracing a lot."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import scan
from supply.catalogue.search import scanned as read_scan
from supply.inventory import wording
from supply.reports.trace import Trace, TracedLot, lots_alike, lots_numbered, trace
from supply.web import access

blueprint = Blueprint("reports", __name__)


@blueprint.get("/c/<clinic_code>/trace", endpoint="trace")
@login_required
def trace_page(clinic_code: str) -> str:
    """Show where a lot came from, is, and went, in every clinic the person may see."""
    clinic = access.clinic(clinic_code)
    clinics = access.clinics()
    text = request.args.get("q", "").strip()[:200]
    lot = request.args.get("lot", "").strip()[:200]
    sku = request.args.get("sku", "").strip()[:200]
    found, choices, problem = _search(clinics, text, lot, sku)
    return render_template(
        "reports/trace.html",
        clinic=clinic,
        today=access.today(),
        q=text or lot,
        found=found,
        choices=choices,
        alike=lots_alike(clinics, scan(text, today=access.today()).lot or text or lot),
        problem=problem,
        read=None if found and not found.is_empty else read_scan(text, today=access.today()),
        words=wording,
    )


def _search(
    clinics: list[Clinic], text: str, lot: str, sku: str
) -> tuple[Trace | None, list[TracedLot], str]:
    """Return (trace, lots to choose from, what is missing) for what was typed or scanned."""
    if lot and sku:
        return trace(clinics, lot=lot, sku=sku), [], ""
    text = text or lot
    if not text:
        return None, [], ""
    scanned = scan(text, today=access.today())
    if scanned.gtin and scanned.lot:
        return trace(clinics, lot=scanned.lot, gtin=scanned.gtin), [], ""
    if scanned.gtin:
        return None, [], _("This code does not name a lot. Type the lot number.")
    choices = lots_numbered(clinics, text)
    if len({choice.sku for choice in choices}) == 1:
        return trace(clinics, lot=text, sku=choices[0].sku), [], ""
    return (None, choices, "") if choices else (Trace(), [], "")
