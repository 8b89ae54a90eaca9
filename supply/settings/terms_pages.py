"""The page on which a supplier's terms are set: by itself, or by the practice whose own it is."""

from __future__ import annotations

from flask import flash, redirect, render_template
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Practice, Supplier
from supply.conditions.rules import Carriage, Terms
from supply.conditions.services import set_terms
from supply.money import InvalidMoneyError, Money
from supply.refusals import InvalidInput
from supply.settings.customers import terms_set
from supply.settings.forms import SupplyTermsForm
from supply.settings.routes import Page
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.numbers import read_sum
from supply.web.saving import saved


def terms_page(
    supplier: Supplier, practice: Practice | None, currency: str, above: tuple[str, str]
) -> Page:
    """Ask for what an order in a currency is taken for, of one ``practice`` or (None) of all.

    ``above`` is the page it stands under, as (label, address): there it leads back.
    """
    form = SupplyTermsForm(
        of_all=practice is None, data=_shown(terms_set(supplier, practice, currency), currency)
    )

    def work() -> None:
        terms = _read(form, currency)
        set_terms(supplier, practice, currency, terms, actor=access.actor(), now=clock.now())

    if saved(form, work):
        flash(_("Saved. It holds for orders placed from now on."), "success")
        return redirect(above[1])
    page = render_template(
        "settings/terms.html",
        supplier=supplier,
        practice=practice,
        currency=currency,
        form=form,
        above=above,
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
