"""The page that shows what switching all items to their projection would change, and does it."""

from __future__ import annotations

from secrets import token_hex

from flask import flash, redirect, render_template, url_for
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.replenishment import switching, wording
from supply.replenishment.routes import blueprint
from supply.web import access
from supply.web.saving import done_once


@blueprint.get("/c/<clinic_code>/policies/switch")
@login_required
def switch(clinic_code: str) -> str:
    """Show item by item what the reorder point says and what the projection would."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    rows = switching.switches(clinic, now=clock.now())
    return render_template(
        "replenishment/switch.html",
        clinic=clinic,
        rows=[row for row in rows if row.used],
        unused=sum(not row.used for row in rows),
        sooner=sum(row.sooner for row in rows),
        later=sum(row.later for row in rows),
        about=wording.about,
        today=access.today(),
        form_key=token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/policies/switch")
@login_required
def switch_all(clinic_code: str) -> Response:
    """Have all items judged by their projection."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()
    answer = done_once(
        lambda: {"changed": switching.switch_all(clinic, actor=access.actor(), now=now)}, now
    )
    if answer is not None:
        said = ngettext(
            "%(num)s item is judged by its projection now.",
            "%(num)s items are judged by their projection now.",
            answer["changed"],
        )
        flash(str(said), "success")
    return redirect(url_for(".policies", clinic_code=clinic.code))
