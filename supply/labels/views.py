"""The page of labels: which, how many, on what paper; and the PDF."""

from __future__ import annotations

from flask import Blueprint, render_template, request, session
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.documents.answers import download
from supply.items.queries import places as shelves
from supply.labels import forms, labels, paper
from supply.labels.labels import Label
from supply.labels.papers import PAPERS, PaperName
from supply.refusals import InvalidInput
from supply.web import access

blueprint = Blueprint("labels", __name__)

Page = str | Response | tuple[str, int]

MOST_CHOSEN = 200
"""Lots or locations on one page of labels."""

REMEMBERED = "label_paper"
"""Where the session keeps the paper that was printed on last."""

PDF = "application/pdf"


@blueprint.get("/c/<clinic_code>/labels")
@login_required
def index(clinic_code: str) -> Page:
    """Show what labels say, and ask for the paper."""
    clinic = access.clinic(clinic_code)
    return _page(clinic, _chosen(clinic))


@blueprint.get("/c/<clinic_code>/labels.pdf")
@login_required
def pdf(clinic_code: str) -> Page:
    """Download the labels as they are asked for; the paper is remembered for the next ones."""
    clinic = access.clinic(clinic_code)
    chosen = _chosen(clinic)
    try:
        wish = forms.read_wish(chosen, request.args)
    except InvalidInput as refusal:
        return _page(clinic, chosen, refusal), 400
    session[REMEMBERED] = wish.paper.value
    content = paper.pdf(_("Labels"), PAPERS[wish.paper], wish.labels, wish.start)
    return download(content, PDF, f"labels-{clinic.code}-{access.today().isoformat()}.pdf")


def _chosen(clinic: Clinic) -> list[Label]:
    """Return the labels an address asks for: those of all locations, unless it says which.

    404 for another clinic's.
    """
    lots, places = (_ids(name) for name in ("lot", "location"))
    shipment = request.args.get("shipment", None, int)
    if not any(name in request.args for name in ("lot", "location", "shipment")):
        places = [place.id for place in shelves(clinic)]
    found = labels.of_lots(clinic, lots) + labels.of_locations(clinic, places)
    if shipment is not None:
        found += labels.of_shipment(clinic, shipment)
    if not found:
        raise NotFoundHereError("labels")
    return found


def _ids(name: str) -> list[int]:
    return request.args.getlist(name, int)[:MOST_CHOSEN]


def _page(clinic: Clinic, chosen: list[Label], refusal: InvalidInput | None = None) -> str:
    remembered = request.args.get("paper") or session.get(REMEMBERED)
    errors = refusal.errors if refusal else ()
    return render_template(
        "labels/index.html",
        clinic=clinic,
        labels=chosen,
        papers=[(name.value, forms.PAPER_WORDS[name]) for name in PaperName],
        paper=forms.paper_named(remembered).value,
        asked=[
            (name, value)
            for name in ("lot", "location", "shipment")
            for value in request.args.getlist(name, int)[:MOST_CHOSEN]
        ],
        typed=request.args,
        faults=dict(errors),
        refusals=[{"text": message, "url": f"#{field}"} for field, message in errors],
    )
