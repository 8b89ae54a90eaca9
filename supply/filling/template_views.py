"""Pages of templates: the list, one, and what is done with it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.baskets import contents
from supply.baskets.drafts import BasketLine
from supply.catalogue import wording as goods
from supply.filling import templates
from supply.filling.again import sold_of
from supply.filling.pages import fill_again
from supply.filling.routes import blueprint
from supply.filling.services import packs_in_baskets
from supply.ordering import queries
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.web import access
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_undo

Answer = str | Response | tuple[str, int]


@blueprint.get("/c/<clinic_code>/templates")
@login_required
def index(clinic_code: str) -> str:
    """List the clinic's templates, and offer to keep the basket as one."""
    return _index(access.clinic(clinic_code, Right.ORDER))


@blueprint.post("/c/<clinic_code>/templates")
@login_required
def save(clinic_code: str) -> Answer:
    """Keep the basket, or the order with the id ``order``, as a template."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order_id, now = request.form.get("order", type=int), clock.now()
    order = queries.order_of_clinic(clinic, order_id) if order_id else None

    def work() -> dict[str, Any]:
        lines = _of_basket(clinic) if order is None else _of_order(order.id)
        name = request.form.get("name", "")
        done = templates.save_template(clinic, name, lines, actor=access.actor(), now=now)
        return {"template": done.id, "name": done.name}

    try:
        done = once(work, now)
    except Refusal as refusal:
        if order is None:
            return _index(clinic, refusal), 400
        flash(str(refusal), "error")
        return redirect(url_for("ordering.order", clinic_code=clinic_code, order_id=order_id))
    flash(_("Template “%(name)s” is saved.", name=done["name"]), "success")
    return redirect(url_for(".template", clinic_code=clinic_code, template_id=done["template"]))


@blueprint.get("/c/<clinic_code>/templates/<int:template_id>")
@login_required
def template(clinic_code: str, template_id: int) -> str:
    """Show a template with its lines."""
    return _template(access.clinic(clinic_code, Right.ORDER), template_id)


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>")
@login_required
def change(clinic_code: str, template_id: int) -> Answer:
    """Keep the name and packs typed; ``do=fill`` then puts the lines into the basket.

    What is as the page showed it is left alone: a colleague may have changed it since.
    """
    clinic = access.clinic(clinic_code, Right.ORDER)
    found, now = templates.template_of(clinic, template_id), clock.now()
    form = request.form
    typed = {line.id: form.get(f"packs_{line.id}", str(line.packs)) for line in found.lines}
    packs = {
        line_id: whole(text) or 0
        for line_id, text in typed.items()
        if text != form.get(f"was_{line_id}")
    }

    def work() -> dict[str, Any]:
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        if (name := form.get("name", "")) != form.get("was_name"):
            templates.rename_template(clinic, template_id, name, **who)
        templates.change_packs(clinic, template_id, packs, **who)
        return {}

    try:
        once(work, now, part="save")
    except Refusal as refusal:
        return _template(clinic, template_id, refusal), 400
    if request.form.get("do") == "fill":
        return _fill(clinic, template_id)
    flash(_("Saved."), "success")
    return redirect(request.path)


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/fill")
@login_required
def fill_from(clinic_code: str, template_id: int) -> Answer:
    """Put a template's lines into the basket."""
    return _fill(access.clinic(clinic_code, Right.ORDER), template_id)


def _fill(clinic: Clinic, template_id: int) -> Response:
    found = templates.template_of(clinic, template_id)
    back = url_for(".template", clinic_code=clinic.code, template_id=template_id)
    wanted = sold_of((line.product, line.packs) for line in found.lines)
    try:
        onward = fill_again(clinic, wanted, clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(back)
    return redirect(onward or back)


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/lines")
@login_required
def add(clinic_code: str, template_id: int) -> Response:
    """Put a line back on the template, or all lines of the basket, with their packs."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    templates.template_of(clinic, template_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        lines = _sent_line() or _of_basket(clinic)
        templates.add_lines(clinic, template_id, lines, actor=access.actor(), now=now)
        return {"lines": len(lines)}

    return _after(clinic, template_id, work, _("The template has them."))


def _sent_line() -> list[BasketLine]:
    product_id = request.form.get("product_id", type=int)
    packs = whole(request.form.get("packs", "")) or 0
    return [BasketLine(product_id, packs)] if product_id else []


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/lines/<int:line_id>/remove")
@login_required
def remove(clinic_code: str, template_id: int, line_id: int) -> Response:
    """Take a line off a template; the toast can put it back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    found, now = templates.template_of(clinic, template_id), clock.now()
    name = next((line.product.name for line in found.lines if line.id == line_id), "")

    def work() -> dict[str, Any]:
        line = templates.drop_line(clinic, template_id, line_id, actor=access.actor(), now=now)
        return {"product_id": line.product_id, "packs": line.packs}

    back = url_for(".template", clinic_code=clinic_code, template_id=template_id)
    fields = done_once(work, now)
    if fields is not None:
        undo = url_for(".add", clinic_code=clinic_code, template_id=template_id)
        flash_undo(_("%(name)s is off the template.", name=name), undo, fields)
    return redirect(back)


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/lines/<int:line_id>/replace")
@login_required
def replace(clinic_code: str, template_id: int, line_id: int) -> Response:
    """Put what replaces a line's product on the template instead."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    templates.template_of(clinic, template_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        done = templates.replace_line(clinic, template_id, line_id, **who)
        return {"name": done.new.name, "product_id": done.old_id, "packs": done.packs}

    if (done := done_once(work, now)) is not None:
        undo = url_for(
            ".undo_replacing", clinic_code=clinic_code, template_id=template_id, line_id=line_id
        )
        said = _("%(name)s is on the template instead.", name=done.pop("name"))
        flash_undo(said, undo, done)
    return redirect(url_for(".template", clinic_code=clinic_code, template_id=template_id))


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/lines/<int:line_id>/replace/undo")
@login_required
def undo_replacing(clinic_code: str, template_id: int, line_id: int) -> Response:
    """Put the product back that something replaced, on the template as it was."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    templates.template_of(clinic, template_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        (line,) = _sent_line() or [BasketLine(0, 0)]
        templates.undo_replacing(clinic, template_id, line_id, line, actor=access.actor(), now=now)
        return {}

    return _after(clinic, template_id, work, _("Undone: the template is as it was."))


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/delete")
@login_required
def delete(clinic_code: str, template_id: int) -> Response:
    """Delete a template; the toast can bring it back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    name, now = templates.template_of(clinic, template_id).name, clock.now()

    def work() -> dict[str, Any]:
        templates.delete_template(clinic, template_id, actor=access.actor(), now=now)
        return {}

    if done_once(work, now) is not None:
        undo = url_for(".restore", clinic_code=clinic_code, template_id=template_id)
        flash_undo(_("Template “%(name)s” is deleted.", name=name), undo)
    return redirect(url_for(".index", clinic_code=clinic_code))


@blueprint.post("/c/<clinic_code>/templates/<int:template_id>/restore")
@login_required
def restore(clinic_code: str, template_id: int) -> Response:
    """Bring a deleted template back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    now = clock.now()

    def work() -> dict[str, Any]:
        templates.restore_template(clinic, template_id, actor=access.actor(), now=now)
        return {}

    if done_once(work, now) is None:
        return redirect(url_for(".index", clinic_code=clinic_code))
    flash(_("Undone: the template is back."), "success")
    return redirect(url_for(".template", clinic_code=clinic_code, template_id=template_id))


def _after(
    clinic: Clinic, template_id: int, work: Callable[[], dict[str, Any]], said: str
) -> Response:
    if done_once(work, clock.now()) is not None:
        flash(said, "success")
    return redirect(url_for(".template", clinic_code=clinic.code, template_id=template_id))


def _of_basket(clinic: Clinic) -> list[BasketLine]:
    return [BasketLine(key, packs) for key, packs in packs_in_baskets(clinic.id).items()]


def _of_order(order_id: int) -> list[BasketLine]:
    order = queries.order_with_id(order_id)
    return [BasketLine(line.product_id, line.packs) for line in order.lines]


def _index(clinic: Clinic, refusal: Refusal | None = None) -> str:
    return render_template(
        "filling/templates.html",
        clinic=clinic,
        templates=templates.templates_of(clinic),
        basket_lines=contents.basket_lines(clinic),
        name=request.form.get("name", ""),
        error=_error_of(refusal, "name"),
        errors=sentences(refusal),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _template(clinic: Clinic, template_id: int, refusal: Refusal | None = None) -> str:
    found = templates.template_of(clinic, template_id)
    return render_template(
        "filling/template.html",
        clinic=clinic,
        template=found,
        instead=templates.replaced_on(found),
        typed=request.form,
        faults=dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        errors=sentences(refusal),
        basket_lines=contents.basket_lines(clinic),
        goods=goods,
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _error_of(refusal: Refusal | None, field: str) -> str | None:
    return dict(refusal.errors).get(field) if isinstance(refusal, InvalidInput) else None
