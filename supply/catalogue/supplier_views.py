"""The catalogue as it is kept: its products, their terms and prices, and taking them off."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _

from supply import clock, money
from supply.accounts.models import Supplier
from supply.accounts.own_suppliers import first_day
from supply.accounts.rules import Right
from supply.catalogue import queries, rules, services, wording
from supply.catalogue.forms import TermsForm
from supply.catalogue.models import Product
from supply.catalogue.routes import Page
from supply.catalogue.seller import Seller, page, seller
from supply.catalogue.services import ProductTerms
from supply.catalogue.successors import successor_of
from supply.catalogue.terms import Availability
from supply.db import transaction
from supply.vat.terms import TaxClass
from supply.web import access, forms
from supply.web.saving import saved_once
from supply.web.toasts import flash_undo

PAGE = 50


@page("")
def supplier_products(supplier_code: str, practice_code: str | None = None) -> Page:
    """Show what is sold, or what has been withdrawn."""
    kept_by = seller(supplier_code, practice_code)
    q = request.args.get("q", "").replace("\x00", "").strip()[:300]
    withdrawn = request.args.get("show") == "withdrawn"
    start = max(0, min(request.args.get("start", 0, type=int), 1_000_000))
    supplier = kept_by.supplier
    found = queries.products_of_supplier(
        supplier.id, q=q, withdrawn=withdrawn, start=start, limit=PAGE
    )
    today = first_day(supplier, clock.now())
    prices = queries.list_prices([product.id for product in found.products], today)
    return render_template(
        "catalogue/supplier_products.html",
        seller=kept_by,
        page=found,
        q=q,
        withdrawn=withdrawn,
        prices=_home_first(supplier, prices),
        today=today,
        pages=_pages(kept_by, q, withdrawn, start, found),
        words=wording,
    )


def _home_first(
    supplier: Supplier, prices: Mapping[int, Mapping[str, rules.PriceRow]]
) -> dict[int, list[money.Money]]:
    """Return each product's prices, the one in the supplier's own currency first."""
    home = supplier.currency or money.currency_of_zone(supplier.timezone)

    def order(row: rules.PriceRow) -> tuple[bool, str]:
        return row.currency != home, row.currency

    return {
        product_id: [
            money.Money(row.pack_minor, row.currency)
            for row in sorted(by_currency.values(), key=order)
        ]
        for product_id, by_currency in prices.items()
    }


def _pages(
    kept_by: Seller, q: str, withdrawn: bool, start: int, found: queries.SupplierPage
) -> dict[str, Any]:
    last = start + len(found.products)
    query: dict[str, Any] = {"q": q or None, "show": "withdrawn" if withdrawn else None}

    def url(first: int) -> str:
        return kept_by.url("supplier_products", start=first or None, **query)

    return {
        "next_url": url(last) if found.products and last < found.total else None,
        "prev_url": url(max(0, start - PAGE)) if start else None,
        "text": _(
            "%(first)d to %(last)d of %(total)d", first=start + 1, last=last, total=found.total
        ),
    }


@page("/<int:product_id>")
def supplier_product(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Show a product with its terms and the history of its prices."""
    kept_by = seller(supplier_code, practice_code)
    return _product_page(kept_by, product_of(kept_by, product_id))


@page("/<int:product_id>", "POST")
def change_product(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Change a product's terms."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    form = TermsForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        product = product_of(kept_by, product_id)
        terms = ProductTerms(
            name=forms.text(form.name).strip(),
            lead_time_days=form.lead_time_days.data,
            minimum_order_packs=form.minimum_order_packs.data or 0,
            minimum_remaining_days=form.minimum_remaining_days.data,
            tax_class=TaxClass(form.tax_class.data or product.tax_class),
            availability=Availability(form.availability.data or product.availability),
            expected_on=form.expected_on.data,
            successor=forms.text(form.successor),
        )
        services.change_terms(product, terms, actor=access.actor(), now=now)
        return {"product": product.id}

    if saved_once(form, work, now):
        flash(_("Saved."), "success")
        return redirect(kept_by.url("supplier_product", product_id=product_id))
    product = product_of(kept_by, product_id)
    return _product_page(kept_by, product, terms_form=form), 400


@page("/<int:product_id>/withdrawal", "POST")
def withdraw_product(supplier_code: str, product_id: int, practice_code: str | None = None) -> Page:
    """Take a product out of the catalogue, or offer it again."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    again = request.form.get("again") == "yes"
    with transaction():
        product = product_of(kept_by, product_id)
        change = services.reinstate if again else services.withdraw
        change(product, actor=access.actor(), now=clock.now())
    if again:
        flash(_("The product is in the catalogue again."), "success")
    else:
        address = kept_by.url("withdraw_product", product_id=product_id)
        flash_undo(_("The product is withdrawn."), address, {"again": "yes"})
    return redirect(kept_by.url("supplier_product", product_id=product_id))


def product_of(kept_by: Seller, product_id: int) -> Product:
    """Return a product of this seller's; others are not there (404)."""
    product = queries.product_of(kept_by.supplier.id, product_id)
    if product is None:
        abort(404)
    return product


def _product_page(kept_by: Seller, product: Product, *, terms_form: TermsForm | None = None) -> str:
    today = first_day(kept_by.supplier, clock.now())
    listed = _home_first(kept_by.supplier, queries.list_prices([product.id], today))
    successor = successor_of(product.id)
    kept = {"form_key": _key(), "successor": successor.sku if successor else ""}
    terms = terms_form or TermsForm(formdata=None, obj=product, data=kept)
    return render_template(
        "catalogue/supplier_product.html",
        seller=kept_by,
        product=product,
        terms=terms,
        successor=successor,
        prices=listed.get(product.id, []),
        today=today,
        words=wording,
    )


def _key() -> str:
    return secrets.token_urlsafe(16)
