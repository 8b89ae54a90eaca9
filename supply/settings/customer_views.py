"""The supplier's pages of its customers, and of what it asks for an order: of all, or of one."""

from __future__ import annotations

from collections.abc import Collection

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Practice, Supplier
from supply.accounts.rules import Right
from supply.conditions.queries import rows_of
from supply.conditions.rules import Carriage, Terms
from supply.conditions.services import set_terms
from supply.money import InvalidMoneyError, Money
from supply.refusals import InvalidInput
from supply.settings.customers import (
    currencies_of,
    customer_of,
    customers_of,
    terms_set,
)
from supply.settings.forms import SupplyTermsForm
from supply.settings.routes import Page, blueprint
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.numbers import read_sum
from supply.web.saving import saved

ADDRESS = "/s/<supplier_code>/customers"


@blueprint.get(ADDRESS)
@login_required
def customers(supplier_code: str) -> Page:
    """Who orders here, and on which terms."""
    supplier = access.supplier(supplier_code)
    found = customers_of(supplier)
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
    return _terms(supplier, None, currency, currencies_of(supplier, customers_of(supplier)))


@blueprint.route(f"{ADDRESS}/<practice_code>/terms/<currency>", methods=["GET", "POST"])
@login_required
def terms_for_one(supplier_code: str, practice_code: str, currency: str) -> Page:
    """What an order of one practice is taken for."""
    supplier = access.supplier(supplier_code, Right.CATALOGUE)
    customer = customer_of(supplier, practice_code)
    return _terms(supplier, customer.practice, currency, customer.currencies)


def _terms(
    supplier: Supplier, practice: Practice | None, currency: str, known: Collection[str]
) -> Page:
    if currency not in known:
        abort(404)
    form = SupplyTermsForm(
        of_all=practice is None, data=_shown(terms_set(supplier, practice, currency), currency)
    )

    def work() -> None:
        terms = _read(form, currency)
        set_terms(supplier, practice, currency, terms, actor=access.actor(), now=clock.now())

    if saved(form, work):
        flash(_("Saved. It holds for orders placed from now on."), "success")
        return redirect(url_for(".customers", supplier_code=supplier.code))
    page = render_template(
        "settings/terms.html",
        supplier=supplier,
        practice=practice,
        currency=currency,
        form=form,
    )
    return page, status_of(form)


def _shown(terms: Terms, currency: str) -> dict[str, object]:
    def shown(minor: int | None) -> str:
        return "" if minor is None else str(Money(minor, currency).amount)

    carriage = terms.carriage
    return {
        "minimum": shown(terms.minimum_minor),
        "carriage": shown(carriage.minor if carriage else None),
        "free_from": shown(carriage.free_from_minor if carriage else None),
        "payment_days": terms.payment_days,
    }


def _read(form: SupplyTermsForm, currency: str) -> Terms:
    """Return the terms typed.

    Raises:
        InvalidInput: what is no sum, all of them; free from a sum without saying carriage.
    """
    sums: dict[str, int | None] = {}
    faults: list[tuple[str, str]] = []
    for field in (form.minimum, form.carriage, form.free_from):
        typed = text(field)
        try:
            sums[field.name] = read_sum(typed, currency) if typed else None
        except InvalidMoneyError as error:
            faults.append((field.name, str(error)))
    if not faults and sums["free_from"] is not None and sums["carriage"] is None:
        faults.append(("carriage", _("Say what carriage costs below that sum.")))
    if faults:
        raise InvalidInput(*faults)
    cost, free_from = sums["carriage"], sums["free_from"]
    carriage = None if cost is None else Carriage(cost, free_from)
    return Terms(sums["minimum"], carriage, _days(form))


def _days(form: SupplyTermsForm) -> int | None:
    days: int | None = form.payment_days.data if "payment_days" in form else None
    return days
