"""The blueprint that the pages of this room register on, and how they get a formulation."""

from __future__ import annotations

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from supply.accounts.models import Clinic
from supply.formulations import queries
from supply.formulations.models import Formulation

Page = str | Response | tuple[str, int]

blueprint = Blueprint("formulations", __name__)


def formulation_or_404(clinic: Clinic, formulation_id: int) -> Formulation:
    """Return a formulation of the clinic's practice with all it said; 404 for none such."""
    formulation = queries.formulation_of(clinic.practice_id, formulation_id)
    if formulation is None or not formulation.versions:
        abort(404)
    return formulation
