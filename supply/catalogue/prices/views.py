"""The prices of a product: those in force, to come and past; begun, changed and ended."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from supply import clock, money
from supply.accounts.models import Practice
from supply.accounts.own_suppliers import first_day
from supply.accounts.rules import Right
from supply.catalogue import queries, rules
from supply.catalogue.forms import EndForm, PriceForm
from supply.catalogue.importing.plan import price_row
from supply.catalogue.models import Price, Product
from supply.catalogue.prices import services
from supply.catalogue.prices.services import PriceTerms
from supply.catalogue.routes import Page
from supply.catalogue.seller import Seller, page, seller
from supply.catalogue.supplier_views import product_of
from supply.refusals import InvalidInput
from supply.web import access, forms
from supply.web.numbers import read_sum
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

PAST_SHOWN = 50
"""Past prices listed, the newest first."""


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A price as the page lists it; ``practice`` None is everyone."""

    row: Price
    price: money.Money
    practice: Practice | None
    begun: bool


@page("/<int:product_id>/prices")
def prices(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Show the prices of a product."""
    kept_by = seller(supplier_code, practice_code)
    return _prices_page(kept_by, product_of(kept_by, product_id))


@page("/<int:product_id>/prices", "POST")
def add_price(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Start a price on a day."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    form = PriceForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        product = product_of(kept_by, product_id)
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        today = first_day(kept_by.supplier, now)
        return {"price": services.set_price(product, _read(kept_by, form), today=today, **who).id}

    if saved_once(form, work, now):
        flash(_("The price is on file."), "success")
        return redirect(kept_by.url("prices", product_id=product_id))
    return _prices_page(kept_by, product_of(kept_by, product_id), form), 400


@page("/<int:product_id>/prices/<int:price_id>")
def price(
    supplier_code: str, product_id: int, price_id: int, practice_code: str | None = None
) -> Page:
    """Show a price that is to come, to be changed, or one in force, to be ended."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    return _price_page(kept_by, product_of(kept_by, product_id), price_id)


@page("/<int:product_id>/prices/<int:price_id>", "POST")
def change_price(
    supplier_code: str, product_id: int, price_id: int, practice_code: str | None = None
) -> Page:
    """Change a price that has not begun."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    form = PriceForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        product = product_of(kept_by, product_id)
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        terms, today = _read(kept_by, form), first_day(kept_by.supplier, now)
        return {"price": services.change_price(product, price_id, terms, today=today, **who).id}

    if saved_once(form, work, now):
        flash(_("Saved."), "success")
        return redirect(kept_by.url("prices", product_id=product_id))
    return _price_page(kept_by, product_of(kept_by, product_id), price_id, form), 400


@page("/<int:product_id>/prices/<int:price_id>/end", "POST")
def end_price(
    supplier_code: str, product_id: int, price_id: int, practice_code: str | None = None
) -> Page:
    """Give a price a last day; without one it goes on."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    form = EndForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        product = product_of(kept_by, product_id)
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        today = first_day(kept_by.supplier, now)
        was = services.end_price(product, price_id, form.valid_to.data, today=today, **who)
        return {"was": was.isoformat() if was else ""}

    answer = saved_once(form, work, now)
    if answer is None:
        return _price_page(kept_by, product_of(kept_by, product_id), price_id, form), 400
    address = kept_by.url("end_price", product_id=product_id, price_id=price_id)
    ended = form.valid_to.data is not None
    text = _("The price has a last day.") if ended else _("The price goes on.")
    flash_undo(text, address, {"valid_to": answer["was"]})
    return redirect(kept_by.url("prices", product_id=product_id))


@page("/<int:product_id>/prices/<int:price_id>/remove", "POST")
def remove_price(
    supplier_code: str, product_id: int, price_id: int, practice_code: str | None = None
) -> Page:
    """Take off a price that has not begun; the toast can put it back."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    now = clock.now()

    def work() -> dict[str, Any]:
        product = product_of(kept_by, product_id)
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        today = first_day(kept_by.supplier, now)
        return _as_fields(services.remove_price(product, price_id, today=today, **who))

    fields = done_once(work, now)
    if fields is not None:
        flash_undo(
            _("The price is taken off."), kept_by.url("add_price", product_id=product_id), fields
        )
    return redirect(kept_by.url("prices", product_id=product_id))


def _read(kept_by: Seller, form: PriceForm) -> PriceTerms:
    """Return the price that was typed.

    Raises:
        InvalidInput: by field, what cannot be read.
    """
    faults = []
    currency = forms.text(form.currency).strip().upper()
    minor, practice_id = 0, None
    if not money.is_currency(currency):
        faults.append(("currency", _("Enter a currency, such as EUR.")))
    else:
        try:
            minor = read_sum(forms.text(form.price), currency)
        except money.InvalidMoneyError as error:
            faults.append(("price", str(error)))
    try:
        practice_id = services.practice_with_code(
            kept_by.supplier, forms.text(form.practice).strip()
        )
    except InvalidInput as invalid:
        faults += invalid.errors
    if faults:
        raise InvalidInput(*faults)
    return PriceTerms(
        price=money.Money(minor, currency),
        valid_from=form.valid_from.data or first_day(kept_by.supplier, clock.now()),
        from_packs=form.from_packs.data or 0,
        valid_to=form.valid_to.data,
        practice_id=practice_id,
    )


def _as_fields(terms: PriceTerms) -> dict[str, Any]:
    """Return a price as its form would send it."""
    practices = services.practices_named([terms.practice_id] if terms.practice_id else [])
    return {
        "price": str(terms.price.amount),
        "currency": terms.price.currency,
        "from_packs": str(terms.from_packs),
        "valid_from": terms.valid_from.isoformat(),
        "valid_to": terms.valid_to.isoformat() if terms.valid_to else "",
        "practice": "".join(practice.code for practice in practices.values()),
    }


def _prices_page(kept_by: Seller, product: Product, form: PriceForm | None = None) -> str:
    today = first_day(kept_by.supplier, clock.now())
    history = queries.price_history(product.id)
    listed = _listed(history, today)
    now_or_later = rules.in_force(map(price_row, history), today)
    current = [one for one in listed if not one.begun or price_row(one.row) in now_or_later]
    past = [one for one in listed if one not in current]
    currency = history[0].currency if history else queries.usual_currency(kept_by.supplier)
    new = {
        "currency": currency, "from_packs": 1, "valid_from": today,
        "form_key": secrets.token_hex(16),
    }  # fmt: skip
    return render_template(
        "catalogue/prices.html",
        seller=kept_by,
        product=product,
        current=_by_practice(current),
        past=past[:PAST_SHOWN],
        more_past=len(past) - PAST_SHOWN,
        form=form or PriceForm(formdata=None, data=new),
        practices=queries.practices_with_prices(kept_by.supplier.id),
        today=today,
    )


def _listed(history: Sequence[Price], today: dt.date) -> list[ListedPrice]:
    practices = services.practices_named({row.practice_id for row in history if row.practice_id})
    return [
        ListedPrice(
            row,
            money.Money(row.pack_minor, row.currency),
            practices.get(row.practice_id) if row.practice_id else None,
            row.valid_from <= today,
        )
        for row in history
    ]


def _by_practice(listed: Sequence[ListedPrice]) -> list[tuple[Practice | None, list[ListedPrice]]]:
    """Return the prices for everyone first, then those of each practice by name."""
    grouped: dict[int, tuple[Practice | None, list[ListedPrice]]] = {}
    for one in listed:
        key = one.row.practice_id or 0
        grouped.setdefault(key, (one.practice, []))[1].append(one)
    for _practice, rows in grouped.values():
        rows.sort(key=lambda one: (one.row.currency, one.row.from_packs, one.row.valid_from))
    return sorted(grouped.values(), key=lambda group: group[0].name if group[0] else "")


def _price_page(
    kept_by: Seller, product: Product, price_id: int, form: PriceForm | EndForm | None = None
) -> str:
    today = first_day(kept_by.supplier, clock.now())
    row = next((one for one in queries.price_history(product.id) if one.id == price_id), None)
    if row is None:
        abort(404)
    [listed] = _listed([row], today)
    key = {"form_key": secrets.token_hex(16)}
    terms = _as_fields(services.terms_of(row))
    kept = {**terms, "valid_from": row.valid_from, "valid_to": row.valid_to, **key}
    ending = form if isinstance(form, EndForm) else EndForm(formdata=None, data={
        "valid_to": row.valid_to, **key
    })  # fmt: skip
    changing = form if isinstance(form, PriceForm) else PriceForm(formdata=None, data=kept)
    return render_template(
        "catalogue/price.html",
        seller=kept_by,
        product=product,
        listed=listed,
        form=changing,
        ending=ending,
        practices=queries.practices_with_prices(kept_by.supplier.id),
        remove_key=request.form.get("form_key") or secrets.token_hex(16),
        today=today,
    )
