"""A code that no item has: offered where it was scanned, linked to an item, taken back."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.barcodes import scan
from supply.inventory.boxes import named
from supply.items.queries import codes_to_choose
from supply.items.refusals import UnknownItemError
from supply.items.services import item_for_code
from supply.refusals import InvalidInput
from supply.scanning import linking
from supply.scanning.forms import LinkForm
from supply.scanning.routes import Page, blueprint
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.once import once
from supply.web.paths import own_path
from supply.web.saving import saved_once
from supply.web.toasts import flash_undo


@blueprint.app_template_global()
def unknown_gtin(code: str | None) -> str | None:
    """Return the GTIN of a code that was scanned and that this person may link to an item."""
    clinic: Clinic | None = g.get("clinic")
    if not code or clinic is None or not access.can(Right.STOCK):
        return None
    read = scan(code, today=access.today())
    return read.gtin if read.gtin and named(clinic.practice_id, read) is None else None


@blueprint.route("/c/<clinic_code>/scan/link", methods=["GET", "POST"])
@login_required
def link(clinic_code: str) -> Page:
    """Ask which item has a code, and link it, once."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    form = LinkForm(data={"gtin": request.args.get("gtin"), "next": request.args.get("next")})
    answer = saved_once(form, lambda: _link(clinic, form), clock.now())
    if answer is None:
        page = render_template(
            "scanning/link.html",
            clinic=clinic,
            form=form,
            back=own_path(text(form.next)),
            items=codes_to_choose(clinic.practice_id),
        )
        return page, status_of(form)
    undo = url_for(".unlink", clinic_code=clinic.code, link_id=answer["link"])
    flash_undo(_("%(name)s has this code now. Scan it again.", name=answer["name"]), undo)
    onward = own_path(text(form.next))
    return redirect(onward or url_for("stock.index", clinic_code=clinic.code))


def _link(clinic: Clinic, form: LinkForm) -> dict[str, Any]:
    now = clock.now()
    try:
        item = item_for_code(clinic.practice_id, text(form.item).strip(), now=now)
    except UnknownItemError as unknown:
        raise InvalidInput(("item", str(unknown))) from unknown
    containers = form.containers.data or 1
    made = linking.link_gtin(
        clinic, item, text(form.gtin), containers, actor=access.actor(), now=now
    )
    return {"link": made, "name": item.name}


@blueprint.post("/c/<clinic_code>/scan/links/<int:link_id>/remove")
@login_required
def unlink(clinic_code: str, link_id: int) -> Page:
    """Take a link back."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()

    def work() -> dict[str, Any]:
        linking.unlink_gtin(clinic, link_id, actor=access.actor(), now=now)
        return {}

    once(work, now)
    flash(_("The code is no longer linked."), "success")
    onward = own_path(request.form.get("next"))
    return redirect(onward or url_for("stock.index", clinic_code=clinic.code))
