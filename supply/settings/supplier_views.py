"""A practice's own suppliers: they take orders by mail, and only the practice sees them."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Practice, Supplier
from supply.accounts.own_suppliers import (
    SupplierFacts,
    add_supplier,
    change_supplier,
    currencies_of,
    own_supplier,
    own_suppliers,
)
from supply.accounts.rules import Right
from supply.catalogue.queries import count_products
from supply.conditions.queries import own_terms
from supply.settings.forms import SupplierForm
from supply.settings.own_archiving import archive_supplier, bring_back_supplier, what_names
from supply.settings.routes import Page, blueprint
from supply.settings.terms_pages import terms_page
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import done, saved, saved_once
from supply.web.toasts import flash_undo

ADDRESS = "/p/<practice_code>/suppliers"


@blueprint.get(ADDRESS)
@login_required
def suppliers(practice_code: str) -> Page:
    """The practice's own suppliers."""
    practice = access.practice(practice_code, Right.STOCK)
    found = own_suppliers(practice)
    return render_template(
        "settings/suppliers.html",
        practice=practice,
        suppliers=found,
        counts=count_products([supplier.id for supplier in found]),
        terms=own_terms(found),
    )


@blueprint.route(f"{ADDRESS}/new", methods=["GET", "POST"])
@login_required
def new_supplier(practice_code: str) -> Page:
    """Add a supplier; its products are added next."""
    practice = access.practice(practice_code, Right.STOCK)
    form = _form(practice, {"currency": practice.currency, "lead_time_days": 5})
    now = clock.now()

    def work() -> dict[str, Any]:
        added = add_supplier(practice, _facts(form), actor=access.actor(), now=now)
        return {"code": added.code, "name": added.name}

    answer = saved_once(form, work, now)
    if answer is None:
        return _page(practice, None, form)
    flash(_("%(name)s is added. Now say what it sells.", name=answer["name"]), "success")
    address = {"practice_code": practice_code, "supplier_code": answer["code"]}
    return redirect(url_for("catalogue.own_supplier_products", **address))


@blueprint.route(f"{ADDRESS}/<supplier_code>", methods=["GET", "POST"])
@login_required
def supplier(practice_code: str, supplier_code: str) -> Page:
    """Change where a supplier's orders go, and what else is known of it."""
    practice = access.practice(practice_code, Right.STOCK)
    found = own_supplier(practice, supplier_code) or abort(404)
    form = _form(practice, {name: getattr(found, name) for name in _FACTS})
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    if not saved(form, lambda: change_supplier(practice, found, _facts(form), **who)):
        return _page(practice, found, form)
    flash(_("Saved."), "success")
    return redirect(url_for("settings.suppliers", practice_code=practice_code))


@blueprint.route(f"{ADDRESS}/<supplier_code>/terms", methods=["GET", "POST"])
@login_required
def supplier_terms(practice_code: str, supplier_code: str) -> Page:
    """What the supplier takes an order for: its minimum, and what sending it costs."""
    practice = access.practice(practice_code, Right.STOCK)
    found = own_supplier(practice, supplier_code) or abort(404)
    above = _("Suppliers"), url_for("settings.suppliers", practice_code=practice_code)
    return terms_page(found, None, found.currency or practice.currency, above)


@blueprint.post(f"{ADDRESS}/<supplier_code>/<any(archive, restore):answer>")
@login_required
def put_away(practice_code: str, supplier_code: str, answer: str) -> Page:
    """Offer nothing of a supplier any more, or all of it again; what names it is said."""
    practice = access.practice(practice_code, Right.STOCK)
    found = own_supplier(practice, supplier_code) or abort(404)
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    back = url_for("settings.supplier", practice_code=practice_code, supplier_code=supplier_code)
    if answer == "restore":
        if done(lambda: bring_back_supplier(found, **who)):
            flash(_("%(name)s is back, with its products.", name=found.name), "success")
        return redirect(back)
    if done(lambda: archive_supplier(found, **who)):
        undo = url_for(
            ".put_away", practice_code=practice_code, supplier_code=supplier_code, answer="restore"
        )
        flash_undo(_("%(name)s is archived.", name=found.name), undo)
    return redirect(back)


_FACTS = ("name", "email", "address", "currency", "lead_time_days")


def _form(practice: Practice, data: dict[str, Any]) -> SupplierForm:
    form = SupplierForm(data=data)
    form.currency.choices = [(code, code) for code in currencies_of(practice)]
    return form


def _facts(form: SupplierForm) -> SupplierFacts:
    return SupplierFacts(
        name=text(form.name),
        email=text(form.email),
        address=text(form.address),
        currency=form.currency.data,
        lead_time_days=form.lead_time_days.data or 0,
    )


def _page(practice: Practice, found: Supplier | None, form: SupplierForm) -> Page:
    page = render_template(
        "settings/supplier.html",
        practice=practice,
        supplier=found,
        form=form,
        named=what_names(found) if found else [],
        clinics={clinic.id for clinic in access.clinics()},
    )
    return page, status_of(form)
