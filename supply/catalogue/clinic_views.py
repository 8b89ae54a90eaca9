"""The catalogue as a clinic sees it: what there is, what it costs here, what we have."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import queries, rules, search, shelf, wording
from supply.catalogue.models import Product
from supply.catalogue.routes import Page, blueprint
from supply.catalogue.search import FacetValue, Search, SearchPage
from supply.catalogue.shelf import OnHand
from supply.catalogue.terms import Storage
from supply.money import Money
from supply.web import access


@dataclass(frozen=True, slots=True)
class Row:
    """A product as a comparable row; prices are in the clinic's currency."""

    product: Product
    price: Money | None
    unit_price: Decimal | None
    lead_time_days: int
    on_hand: OnHand | None


@blueprint.get("/c/<clinic_code>/catalogue")
@login_required
def index(clinic_code: str) -> Page:
    """Show what is sold, filtered by the address, comparable row by row."""
    clinic = access.clinic(clinic_code)
    now = clock.now()
    today = clock.local_date(now, clinic.timezone)
    wanted = search.wanted_from(request.args)
    found = search.search_products(wanted, clinic.practice_id, today=today)
    offers = queries.offers_of(clinic.practice_id, {row.sku for row in found.products})
    prices = _prices(clinic, [*found.products, *offers], today)
    return render_template(
        "catalogue/index.html",
        clinic=clinic,
        wanted=wanted,
        kept={
            name: value for name, value in wanted.as_query().items() if name not in ("q", "start")
        },
        found=found,
        rows=_rows(clinic, found.products, prices, now, today),
        cheapest=_cheapest(clinic, offers, prices, today),
        facets=_facets(clinic, wanted, found),
        pages=_pages(clinic, wanted, found),
        may_order=access.can(Right.ORDER),
        may_add=access.can(Right.STOCK),
        form_keys=[secrets.token_urlsafe(16) for _product in found.products],
        words=wording,
    )


@blueprint.get("/c/<clinic_code>/catalogue/<int:product_id>")
@login_required
def product(clinic_code: str, product_id: int) -> Page:
    """Show all there is to know about a product before buying it."""
    clinic = access.clinic(clinic_code)
    found = queries.product_sold(clinic.practice_id, product_id)
    if found is None:
        abort(404)
    now = clock.now()
    today = clock.local_date(now, clinic.timezone)
    prices = _prices(clinic, [found], today)
    [row] = _rows(clinic, [found], prices, now, today)
    breaks = rules.price_breaks(
        prices.get(found.id, []), clinic.practice_id, clinic.currency, today
    )
    return render_template(
        "catalogue/product.html",
        clinic=clinic,
        row=row,
        product=found,
        breaks=[(packs, Money(minor, clinic.currency)) for packs, minor in breaks],
        may_order=access.can(Right.ORDER) and found.withdrawn_at is None,
        form_key=secrets.token_urlsafe(16),
        words=wording,
    )


Prices = Mapping[int, Sequence[rules.PriceRow]]


def _prices(clinic: Clinic, products: Sequence[Product], today: dt.date) -> Prices:
    ids = {product.id for product in products}
    return queries.prices_for(sorted(ids), clinic.practice_id, clinic.currency, today)


def _rows(
    clinic: Clinic, products: Sequence[Product], prices: Prices, now: dt.datetime, today: dt.date
) -> list[Row]:
    ids = [product.id for product in products]
    there = shelf.on_hand(clinic, ids, now) if ids else {}
    return [
        _row(clinic, product, prices.get(product.id, []), there.get(product.id), today)
        for product in products
    ]


def _row(
    clinic: Clinic,
    product: Product,
    prices: Sequence[rules.PriceRow],
    there: OnHand | None,
    today: dt.date,
) -> Row:
    packs = product.minimum_order_packs
    minor = rules.pack_price(prices, clinic.practice_id, clinic.currency, packs, today)
    lead = product.lead_time_days
    return Row(
        product=product,
        price=None if minor is None else Money(minor, clinic.currency),
        unit_price=None if minor is None else _unit_price(minor, product, clinic.currency),
        lead_time_days=product.supplier.lead_time_days if lead is None else lead,
        on_hand=there,
    )


def _cheapest(
    clinic: Clinic, offers: Sequence[Product], prices: Prices, today: dt.date
) -> set[int]:
    """Return the ids of those offered for less than every other offer of the same SKU."""
    by_sku: dict[str, list[tuple[Decimal, int]]] = {}
    for product in offers:
        row = _row(clinic, product, prices.get(product.id, []), None, today)
        if row.unit_price is not None:
            by_sku.setdefault(product.sku, []).append((row.unit_price, product.id))
    ranked = [sorted(priced) for priced in by_sku.values() if len(priced) > 1]
    return {first[1] for first, second, *_more in ranked if first[0] < second[0]}


def _unit_price(minor: int, product: Product, currency: str) -> Decimal:
    """Return the price of a base unit in major units of ``currency``."""
    share = rules.unit_price(minor, product.pack_quantity)
    return share * Money(1, currency).amount


def _facets(clinic: Clinic, wanted: Search, found: SearchPage) -> list[dict[str, Any]]:
    titles = {
        "category": _("Category"),
        "concern": _("Treatment concern"),
        "storage": _("Storage"),
        "prescription": _("Prescription"),
        "supplier": _("Supplier"),
        "ingredient": _("Ingredient"),
    }
    return [
        {
            "name": name,
            "title": title,
            "options": _options(clinic, wanted, name, found.facets[name]),
        }
        for name, title in titles.items()
    ]


def _options(
    clinic: Clinic, wanted: Search, facet: str, values: Sequence[FacetValue]
) -> list[dict[str, Any]]:
    chosen = getattr(wanted, facet)
    shown = list(values)
    if chosen and chosen not in {value.value for value in values}:
        shown.append(FacetValue(chosen, chosen, 0))
    base: dict[str, Any] = dict(search.without(wanted, facet).as_query())
    options = []
    for value in shown:
        active = value.value == chosen
        query = base if active else {**base, facet: value.value}
        options.append(
            {
                "label": _label(facet, value),
                "url": url_for(".index", clinic_code=clinic.code, **query),
                "active": active,
                "count": value.count,
            }
        )
    return options


def _label(facet: str, value: FacetValue) -> str:
    if facet == "category":
        return wording.category(value.value)
    if facet == "concern":
        return wording.concern(value.value)
    if facet == "storage":
        return str(wording.STORAGE_WORDS[Storage(value.value)])
    if facet == "prescription":
        return str(_("Prescription only") if value.value == "yes" else _("No prescription needed"))
    return value.label


def _pages(clinic: Clinic, wanted: Search, found: SearchPage) -> dict[str, Any]:
    last = wanted.start + len(found.products)

    def url(start: int) -> str:
        query: dict[str, Any] = {**wanted.as_query(), "start": start or None}
        return url_for(".index", clinic_code=clinic.code, **query)

    return {
        "next_url": url(last) if found.products and last < found.total else None,
        "prev_url": url(max(0, wanted.start - search.PAGE)) if wanted.start else None,
        "text": _(
            "%(first)d to %(last)d of %(total)d",
            first=wanted.start + 1,
            last=last,
            total=found.total,
        ),
    }
