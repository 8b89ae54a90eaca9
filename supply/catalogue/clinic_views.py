"""The catalogue as a clinic sees it: what there is, what it costs here, what we have."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import offers, queries, rules, search, told, wording
from supply.catalogue.attachments import wording as attached
from supply.catalogue.attachments.queries import attachments_of
from supply.catalogue.attachments.terms import AttachmentKind
from supply.catalogue.finding import needles
from supply.catalogue.finding.values import FACETS, YES
from supply.catalogue.product_page import sources
from supply.catalogue.product_page.alternatives import alternatives
from supply.catalogue.routes import Page, blueprint
from supply.catalogue.search import Correction, FacetValue, Search, SearchPage
from supply.catalogue.successors import replacements, successor_of
from supply.catalogue.terms import Storage
from supply.money import Money
from supply.web import access


@blueprint.get("/c/<clinic_code>/catalogue")
@login_required
def index(clinic_code: str) -> Page:
    """Show what is sold, filtered by the address, comparable row by row."""
    clinic = access.clinic(clinic_code)
    now = clock.now()
    today = clock.local_date(now, clinic.timezone)
    wanted = search.wanted_from(request.args)
    found = search.search_products(wanted, clinic, today=today)
    others = queries.offers_of(clinic.practice_id, {row.sku for row in found.products})
    prices = offers.prices_of(clinic, [*found.products, *others], today)
    return render_template(
        "catalogue/index.html",
        clinic=clinic,
        wanted=wanted,
        kept=wanted.chosen,
        found=found,
        correction=_correction(clinic, wanted, found.correction),
        rows=offers.offers(clinic, found.products, prices, now, today),
        strengths=queries.strengths_of([row.id for row in found.products]),
        cheapest=offers.cheapest(clinic, others, prices, today),
        facets=_facets(clinic, wanted, found),
        pages=_pages(clinic, wanted, found),
        today=today,
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
    prices = offers.prices_of(clinic, [found], today)
    [row] = offers.offers(clinic, [found], prices, now, today)
    breaks = rules.price_breaks(
        prices.get(found.id, []), clinic.practice_id, clinic.currency, today
    )
    return render_template(
        "catalogue/product.html",
        clinic=clinic,
        row=row,
        product=found,
        breaks=[(packs, Money(minor, clinic.currency)) for packs, minor in breaks],
        today=today,
        successor=successor_of(found.id) if found.withdrawn_at is None else None,
        instead=replacements([found]).get(found.id),
        alternatives=alternatives(clinic, found, now, today),
        uses=told.uses(clinic.practice_id, found.id),
        paid=told.last_paid(clinic, found.id),
        sources=sources,
        **_attached(found.id),
        may_order=access.can(Right.ORDER) and found.withdrawn_at is None,
        form_key=secrets.token_urlsafe(16),
        words=wording,
    )


def _attached(product_id: int) -> dict[str, Any]:
    """Return the pictures and the documents of a product, for its page."""
    rows = attachments_of(product_id)
    pictures = [row for row in rows if row.kind is AttachmentKind.PICTURE]
    documents = [row for row in rows if row.kind is not AttachmentKind.PICTURE]
    return {"pictures": pictures, "documents": documents, "attached": attached}


def _correction(
    clinic: Clinic, wanted: Search, correction: Correction | None
) -> dict[str, str] | None:
    """Return what was looked for instead, and where it is looked for as it was typed."""
    if correction is None:
        return None
    query: dict[str, Any] = {**wanted.as_query(), "exact": "yes", "start": None}
    url = url_for(".index", clinic_code=clinic.code, **query)
    return {"was": correction.was, "now": correction.now, "url": url}


def _facets(clinic: Clinic, wanted: Search, found: SearchPage) -> list[dict[str, Any]]:
    titles = {
        "concern": _("Treatment concern"),
        "category": _("Category"),
        "ingredient": _("Ingredient"),
        "strength": _("Strength"),
        "gauge": _("Needle gauge"),
        "length": _("Needle length"),
        "storage": _("Storage"),
        "prescription": _("Prescription"),
        "supplier": _("Supplier"),
        "stock": _("In stock"),
    }
    return [
        {
            "name": name,
            "title": titles[name],
            "options": _options(clinic, wanted, name, found.facets[name]),
        }
        for name in FACETS
    ]


def _options(
    clinic: Clinic, wanted: Search, facet: str, values: Sequence[FacetValue]
) -> list[dict[str, Any]]:
    """Return the values as links: each chooses its value beside the others, or takes it off."""
    here = url_for(".index", clinic_code=clinic.code)
    return [
        {
            "label": _label(facet, value),
            "url": _asking(here, wanted.switched(facet, value.value)),
            "active": value.value in wanted.chosen.get(facet, ()),
            "count": value.count,
        }
        for value in _sorted(facet, values)
    ]


def _asking(here: str, wanted: Search) -> str:
    """Return the address of ``wanted``: hundreds on a page differ in their queries alone."""
    query = urlencode(wanted.as_query(), doseq=True)
    return f"{here}?{query}" if query else here


def _sorted(facet: str, values: Sequence[FacetValue]) -> Sequence[FacetValue]:
    """Return figures by size; the rest stays with the most frequent first."""
    size = {"gauge": needles.gauge_in, "length": needles.length_in}.get(facet)
    return sorted(values, key=lambda value: size(value.value) or 0) if size else values


def _label(facet: str, value: FacetValue) -> str:
    said = _LABELS.get(facet)
    return str(said(value.value)) if said else value.label


_LABELS: Mapping[str, Callable[[str], object]] = {
    "category": wording.category,
    "concern": wording.concern,
    "storage": lambda value: wording.STORAGE_WORDS[Storage(value)],
    "prescription": lambda value: (
        _("Prescription only") if value == YES else _("No prescription needed")
    ),
    "stock": lambda _value: _("In stock here"),
    "length": lambda value: wording.millimetres(needles.length_in(value)),
}
"""How values are said that are not what they are called."""


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
