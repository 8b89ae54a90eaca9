"""A clinic's pages of recalls: what reaches it, what to do first, and what was done."""

from __future__ import annotations

from flask import render_template
from flask_login import login_required

from supply.recalls import recall_queries as queries
from supply.recalls import recall_wording
from supply.recalls.routes import Page, blueprint
from supply.web import access


@blueprint.get("/c/<clinic_code>/recalls/<int:recall_id>")
@login_required
def clinic_recall(clinic_code: str, recall_id: int) -> Page:
    """Show a recall that reaches the clinic's practice, what to do on top."""
    clinic = access.clinic(clinic_code)
    recall, row = queries.recall_of_practice(clinic.practice, recall_id)
    return render_template(
        "recalls/clinic_recall.html", clinic=clinic, recall=recall, row=row, words=recall_wording
    )
