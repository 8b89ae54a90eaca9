"""The supplier's pages of its customers, and of what it asks for an order: of all, or of one."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Practice, Supplier
from supply.accounts.rules import Right
from supply.conditions.queries import rows_of
from supply.settings.customers import (
    currencies_of,
    customer_of,
    customers_of,
)
from supply.settings.routes import Page, blueprint
from supply.settings.terms_pages import terms_page
from supply.web import access

ADDRESS = "/s/<supplier_code>/customers"


@blueprint.get(ADDRESS)
@login_required
def customers(supplier_code: str) -> Page:
    """Who orders here, and on which terms."""
    supplier = access.supplier(supplier_code)
    found = customers_of(supplier, clock.now())
    general = {row.currency: row for row in rows_of(supplier.id) if row.practice_id is None}
    return render_template(
        "settings/customers.html",
        supplier=supplier,
        customers=found,
        general=[(currency, general.get(currency)) for currency in currencies_of(supplier, found)],
        may_set=access.can(Right.CATALOGUE),
    )


@blueprint.route(f"{ADDRESS}/terms/<currency>", methods=["GET", "POST"])
@login_required
def terms_for_all(supplier_code: str, currency: str) -> Page:
    """What an order in a currency is taken for, from whomever it comes."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    known = currencies_of(supplier, customers_of(supplier, clock.now()))
    return _terms(supplier, None, currency, known)


@blueprint.route(f"{ADDRESS}/<practice_code>/terms/<currency>", methods=["GET", "POST"])
@login_required
def terms_for_one(supplier_code: str, practice_code: str, currency: str) -> Page:
    """What an order of one practice is taken for."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    customer = customer_of(supplier, practice_code, clock.now())
    return _terms(supplier, customer.practice, currency, customer.currencies)


def _terms(
    supplier: Supplier, practice: Practice | None, currency: str, known: Collection[str]
) -> Page:
    if currency not in known:
        abort(404)
    above = _("Customers"), url_for(".customers", supplier_code=supplier.code)
    return terms_page(supplier, practice, currency, above)
