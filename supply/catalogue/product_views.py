"""A product written by hand: a new one, and changing what is known of one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template
from flask_babel import gettext as _

from supply import clock
from supply.accounts.rules import Right
from supply.catalogue import one_product, queries
from supply.catalogue.forms import ProductForm
from supply.catalogue.models import Product
from supply.catalogue.routes import Page
from supply.catalogue.seller import Seller, page, seller
from supply.catalogue.successors import successor_of
from supply.catalogue.supplier_views import product_of
from supply.catalogue.terms import Dose, Storage
from supply.quantity import InvalidQuantityError, Unit, as_text
from supply.refusals import InvalidInput
from supply.web import access, forms
from supply.web.numbers import read_quantity, typed
from supply.web.saving import saved_once

STORAGE_CELLS = {
    Storage.COLD: "2-8C",
    Storage.AMBIENT: "15-25C",
    Storage.EITHER: "2-25C",
    Storage.FROZEN: "frozen",
}
"""How a catalogue file writes each storage class."""

KEEPING_CELLS = {
    "keep_dark": "protect from light",
    "keep_dry": "keep dry",
    "do_not_freeze": "do not freeze",
    "flammable": "flammable",
}
"""How a catalogue file writes what else storing asks for."""

AS_TYPED = (
    "name", "sku", "category", "kind", "unit", "dose", "gtin", "manufacturer",
    "containers_per_pack", "shelf_life_months", "after_opening_hours", "lead_time_days",
    "minimum_order_packs", "minimum_remaining_days", "needle_gauge", "needle_length",
    "regulatory_class", "source", "availability", "expected_on", "successor", "tax_class",
)  # fmt: skip
"""Fields whose text is the cell."""


@page("/new")
def new_product(supplier_code: str, practice_code: str | None = None) -> Page:
    """Ask for a new product."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    return _form_page(kept_by, _form({"unit": "", "minimum_order_packs": 1}))


@page("/new", "POST")
def create_product(supplier_code: str, practice_code: str | None = None) -> Page:
    """Add a product."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    form = _form({})
    now = clock.now()

    def work() -> dict[str, Any]:
        cells = _cells(form, _currency(kept_by))
        added = one_product.add_product(kept_by.supplier, cells, actor=access.actor(), now=now)
        return {"product": added}

    answer = saved_once(form, work, now)
    if answer is None:
        return _form_page(kept_by, form), 400
    flash(_("%(name)s is in the catalogue.", name=forms.text(form.name).strip()), "success")
    return redirect(kept_by.url("supplier_product", product_id=answer["product"]))


@page("/<int:product_id>/edit")
def edit_product(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Ask what is known of a product."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    product = product_of(kept_by, product_id)
    return _form_page(kept_by, _form_of(product), product)


@page("/<int:product_id>/edit", "POST")
def save_product(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Keep what is known of a product."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    product = product_of(kept_by, product_id)
    form = _form_of(product)
    now = clock.now()

    def work() -> dict[str, Any]:
        found = product_of(kept_by, product_id)
        cells = _cells(form, _currency(kept_by))
        who: dict[str, Any] = {"actor": access.actor(), "now": now}
        return {"product": one_product.change_product(found, cells, **who)}

    if saved_once(form, work, now) is None:
        return _form_page(kept_by, form, product_of(kept_by, product_id)), 400
    flash(_("Saved."), "success")
    return redirect(kept_by.url("supplier_product", product_id=product_id))


def _form(data: dict[str, Any]) -> ProductForm:
    form = ProductForm(data=data)
    form.fit()
    return form


def _form_of(product: Product) -> ProductForm:
    """Return the form of a product that is there: its SKU stays, its prices are given elsewhere."""
    form = _form(_as_form(product))
    del form.price
    form.sku.data, form.sku.validators = product.sku, ()
    return form


def _currency(kept_by: Seller) -> str:
    """Return the currency that prices typed without one are in."""
    return kept_by.supplier.currency or queries.usual_currency(kept_by.supplier)


def _form_page(kept_by: Seller, form: ProductForm, product: Product | None = None) -> str:
    return render_template(
        "catalogue/product_form.html",
        seller=kept_by,
        form=form,
        product=product,
        currency=_currency(kept_by),
    )


def _cells(form: ProductForm, currency: str) -> dict[str, str]:
    """Return the form as a row of a catalogue file; raises InvalidInput for a quantity."""
    cells = {name: _written(form[name]) for name in AS_TYPED}
    price = _written(form.price).replace(",", ".") if "price" in form else ""
    storage = STORAGE_CELLS[Storage(form.storage.data)]
    keeping = [KEEPING_CELLS[flag] for flag in form.keeping.data or ()]
    return {
        **cells,
        "content_per_container": _content(form),
        "storage": "; ".join([storage, *keeping]),
        "ingredients": "; ".join(_written(form.ingredients).splitlines()),
        "allergens": " ".join(form.allergens.data or ()),
        "concerns": " ".join(form.concerns.data or ()),
        "prescription_only": "yes" if form.prescription_only.data else "no",
        "price": price,
        "currency": currency if price else "",
    }


def _written(field: Any) -> str:
    return "" if field.data is None else str(field.data)


def _content(form: ProductForm) -> str:
    try:
        unit = Unit(form.unit.data)
        return as_text(read_quantity(_written(form.content_per_container), unit))
    except InvalidQuantityError as error:
        raise InvalidInput(("content_per_container", str(error))) from error


def _as_form(product: Product) -> dict[str, Any]:
    """Return what the form starts with: the product as it is."""
    columns = (
        "name", "sku", "category", "kind", "unit", "containers_per_pack", "manufacturer",
        "prescription_only", "shelf_life_months", "lead_time_days", "minimum_order_packs",
        "minimum_remaining_days", "storage", "needle_gauge", "regulatory_class", "source",
        "availability", "expected_on", "tax_class",
    )  # fmt: skip
    return {
        **{name: getattr(product, name) for name in columns},
        "content_per_container": typed(product.content_per_container),
        "needle_length": typed(product.needle_length) if product.needle_length else "",
        "dose": product.dose if product.dose is not Dose.NONE else "",
        "keeping": [flag for flag in KEEPING_CELLS if getattr(product, flag)],
        "ingredients": "\n".join(
            f"{part.name} {part.strength}".strip() for part in product.ingredients
        ),
        "successor": successor.sku if (successor := successor_of(product.id)) else "",
        "allergens": [row.allergen for row in product.allergens],
        "concerns": [row.concern for row in product.concerns],
        "after_opening_hours": next(
            (rule.hours for rule in product.opening_rules if rule.storage is None), None
        ),
    }
