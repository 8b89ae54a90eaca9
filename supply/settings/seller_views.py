"""The supplier's page of what its invoices say of it."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.rules import Right
from supply.settings.forms import SellerForm
from supply.settings.practice_views import registration
from supply.settings.routes import Page, blueprint
from supply.settings.sellers import SellerFacts, change_seller
from supply.vat.registration import register, who_checked
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import saved


@blueprint.route("/s/<supplier_code>/seller", methods=["GET", "POST"])
@login_required
def seller(supplier_code: str) -> Page:
    """Legal name, address, VAT number, bank account, days to pay."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    form = SellerForm(obj=supplier)
    form.offer_countries(str(get_locale()))
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}

    def work() -> None:
        change_seller(supplier, _facts(form), **who)
        register(supplier, registration(form), **who)

    if saved(form, work):
        flash(_("Saved. Orders placed and invoices issued from now on say so."), "success")
        return redirect(request.path)
    page = render_template(
        "settings/seller.html",
        supplier=supplier,
        form=form,
        checked=who_checked(supplier),
        takes_cards=bool(current_app.config["STRIPE_SECRET_KEY"] or supplier.stripe_account),
    )
    return page, status_of(form)


def _facts(form: SellerForm) -> SellerFacts:
    return SellerFacts(
        legal_name=text(form.legal_name),
        address=text(form.address),
        iban=text(form.iban),
        payment_days=form.payment_days.data or 0,
        stripe_account=text(form.stripe_account),
    )
