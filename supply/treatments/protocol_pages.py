"""Pages of protocols: what is given on which days."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask_login import login_required

from supply.catalogue import wording
from supply.formulations.models import Formulation
from supply.treatments.models import Protocol
from supply.treatments.protocols import protocols_of
from supply.web import access

blueprint = Blueprint("protocols", __name__)


@blueprint.app_template_global()
def protocols_using(formulation: Formulation) -> list[Protocol]:
    """Return the protocols that give ``formulation``; its page lies in a room below this one."""
    return protocols_of(formulation.practice_id, formulation.id)


@blueprint.get("/c/<clinic_code>/protocols")
@login_required
def index(clinic_code: str) -> str:
    """Show the practice's protocols."""
    clinic = access.clinic(clinic_code)
    return render_template(
        "formulations/protocols.html",
        clinic=clinic,
        protocols=protocols_of(clinic.practice_id),
        words=wording,
    )


@blueprint.get("/c/<clinic_code>/protocols/<int:protocol_id>")
@login_required
def detail(clinic_code: str, protocol_id: int) -> str:
    """Show on which days a protocol is given, and what is known of it."""
    clinic = access.clinic(clinic_code)
    found = next((p for p in protocols_of(clinic.practice_id) if p.id == protocol_id), None)
    if found is None:
        abort(404)
    return render_template(
        "formulations/protocol.html", clinic=clinic, protocol=found, words=wording
    )
