"""Pictures and documents of a product: kept by its supplier, shown to clinics."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.rules import Right
from supply.catalogue.attachments import queries, services, wording
from supply.catalogue.attachments.content import Content, name_from, read_content
from supply.catalogue.attachments.forms import AttachmentForm
from supply.catalogue.attachments.models import ProductAttachment
from supply.catalogue.attachments.services import Label
from supply.catalogue.attachments.serving import answer
from supply.catalogue.attachments.terms import AttachmentKind
from supply.catalogue.models import Product
from supply.catalogue.routes import Page, blueprint
from supply.catalogue.seller import Seller, page, seller
from supply.catalogue.supplier_views import product_of
from supply.refusals import Refusal
from supply.web import access, forms
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo


@blueprint.get(
    "/c/<clinic_code>/catalogue/<int:product_id>/files/<int:attachment_id>/<string:digest>"
)
@login_required
def attachment(clinic_code: str, product_id: int, attachment_id: int, digest: str) -> Response:
    """Give a picture or document of a product that the clinic may see."""
    clinic = access.clinic(clinic_code)
    found = queries.attachment_seen(clinic.practice_id, product_id, attachment_id)
    if found is None or found.digest != digest:
        abort(404)
    return answer(found)


@page("/<int:product_id>/files/<int:attachment_id>/<string:digest>")
def supplier_attachment(
    supplier_code: str,
    product_id: int,
    attachment_id: int,
    digest: str,
    practice_code: str | None = None,
) -> Response:
    """Give a picture or document to those who keep the product."""
    kept_by = seller(supplier_code, practice_code)
    found = _attachment(kept_by, product_id, attachment_id)
    if found.digest != digest or found.removed_at is not None:
        abort(404)
    return answer(found)


@page("/<int:product_id>/files")
def attachments(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Show what is attached to a product, and ask for more."""
    kept_by = seller(supplier_code, practice_code)
    return _list_page(kept_by, product_of(kept_by, product_id))


@page("/<int:product_id>/files", "POST")
def add_attachment(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Attach a picture or document."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    product = product_of(kept_by, product_id)
    form = AttachmentForm()
    content = _brought(form, needed=True)
    now = clock.now()

    def work() -> dict[str, Any]:
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        found = product_of(kept_by, product_id)
        label = _label(form, content)
        return {"id": services.add_attachment(found, label, _there(content), **who).id}

    if content is not None and saved_once(form, work, now):
        flash(_("It is attached, and clinics see it."), "success")
        return redirect(kept_by.url("attachments", product_id=product_id))
    return _list_page(kept_by, product, form), 400


@page("/<int:product_id>/files/<int:attachment_id>")
def edit_attachment(
    supplier_code: str, product_id: int, attachment_id: int, practice_code: str | None = None
) -> Page:
    """Ask for another name or content of an attachment."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    return _one_page(kept_by, _kept(kept_by, product_id, attachment_id))


@page("/<int:product_id>/files/<int:attachment_id>", "POST")
def change_attachment(
    supplier_code: str, product_id: int, attachment_id: int, practice_code: str | None = None
) -> Page:
    """Name an attachment otherwise, or replace what is in it."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    row = _kept(kept_by, product_id, attachment_id)
    form = AttachmentForm()
    brings = bool(form.file.data)
    content = _brought(form)
    now = clock.now()

    def work() -> dict[str, Any]:
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        found = _kept(kept_by, product_id, attachment_id)
        services.change_attachment(found, _label(form, content), content, **who)
        return {"id": found.id}

    if (content is not None or not brings) and saved_once(form, work, now):
        flash(_("Saved."), "success")
        return redirect(kept_by.url("attachments", product_id=product_id))
    return _one_page(kept_by, row, form), 400


@page("/<int:product_id>/files/<int:attachment_id>/remove", "POST")
def remove_attachment(
    supplier_code: str, product_id: int, attachment_id: int, practice_code: str | None = None
) -> Page:
    """Take an attachment off its product, or put it back."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    _attachment(kept_by, product_id, attachment_id)
    again = request.form.get("again") == "yes"
    now = clock.now()

    def work() -> dict[str, Any]:
        row = _attachment(kept_by, product_id, attachment_id)
        change = services.put_back if again else services.remove_attachment
        change(row, actor=access.actor(), now=now)
        return {"name": row.name}

    done = done_once(work, now)
    if done and again:
        flash(_("%(name)s is attached again.", name=done["name"]), "success")
    elif done:
        address = request.path
        flash_undo(_("%(name)s is removed.", name=done["name"]), address, {"again": "yes"})
    return redirect(kept_by.url("attachments", product_id=product_id))


def _attachment(kept_by: Seller, product_id: int, attachment_id: int) -> ProductAttachment:
    """Return an attachment of a product of this seller's; others are not there (404)."""
    found = queries.attachment_of(product_id, attachment_id)
    if found is None or found.product.supplier_id != kept_by.supplier.id:
        abort(404)
    return found


def _kept(kept_by: Seller, product_id: int, attachment_id: int) -> ProductAttachment:
    found = _attachment(kept_by, product_id, attachment_id)
    if found.removed_at is not None:
        abort(404)
    return found


def _brought(form: AttachmentForm, *, needed: bool = False) -> Content | None:
    """Return what is in the file chosen; None, with a word on the form, if it is no use."""
    if not form.validate_on_submit():
        return None
    file = form.file.data
    if not file:
        if needed:
            form.file.errors = [_("Choose a file.")]
        return None
    try:
        return read_content(file.read())
    except Refusal as refusal:
        forms.show(form, refusal)
        return None


def _there(content: Content | None) -> Content:
    if content is None:
        raise ValueError("no content was brought")
    return content


def _label(form: AttachmentForm, content: Content | None) -> Label:
    """Return the name and kind given, else the file's own name and what it looks like."""
    name = forms.text(form.name).strip()
    if not name and form.file.data:
        name = name_from(form.file.data.filename or "")
    looks = AttachmentKind.PICTURE if content and content.width else AttachmentKind.INSTRUCTIONS
    kind = AttachmentKind(form.kind.data) if form.kind.data else looks
    return Label(name or str(wording.KIND_WORDS[kind]), kind)


def _list_page(kept_by: Seller, product: Product, form: AttachmentForm | None = None) -> str:
    new = {"form_key": secrets.token_hex(16)}
    return render_template(
        "catalogue/attachments.html",
        seller=kept_by,
        product=product,
        rows=queries.attachments_of(product.id),
        form=form or AttachmentForm(formdata=None, data=new),
        attached=wording,
    )


def _one_page(kept_by: Seller, row: ProductAttachment, form: AttachmentForm | None = None) -> str:
    kept = {"name": row.name, "kind": row.kind.value, "form_key": secrets.token_hex(16)}
    return render_template(
        "catalogue/attachment.html",
        seller=kept_by,
        product=row.product,
        row=row,
        form=form or AttachmentForm(formdata=None, data=kept),
        attached=wording,
        remove_key=secrets.token_hex(16),
    )
