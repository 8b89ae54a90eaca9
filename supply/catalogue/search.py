"""Searching the catalogue: words, scans and facets, in a fixed number of statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply import searching
from supply.accounts.models import Supplier
from supply.catalogue.barcodes import ProblemCode, Scan, scan
from supply.catalogue.models import Product, ProductConcern, ProductGtin, ProductIngredient
from supply.catalogue.offered import offered_to
from supply.catalogue.terms import Storage
from supply.db import db
from supply.text import whole

PAGE = 25
"""Rows on a page."""

INGREDIENTS_SHOWN = 20
"""Values a long facet lists, the most frequent first."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; empty strings ask for nothing. ``start`` counts rows before the page."""

    q: str = ""
    category: str = ""
    concern: str = ""
    ingredient: str = ""
    supplier: str = ""
    storage: str = ""
    prescription: str = ""
    start: int = 0

    @property
    def chosen(self) -> int:
        """How many facets are set."""
        return sum(1 for facet in FACETS if getattr(self, facet))

    def as_query(self) -> dict[str, str]:
        """Return the address's query that asks for this, without what is empty."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {name: str(value) for name, value in values.items() if value}


FACETS = ("category", "concern", "ingredient", "supplier", "storage", "prescription")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet and how many products choosing it would leave."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of products, how many there are, the facets, and what a scan said."""

    products: list[Product]
    total: int
    facets: dict[str, list[FacetValue]]
    scan: Scan | None


def wanted_from(arguments: Mapping[str, str]) -> Search:
    """Return what an address's query asks for; nonsense asks for nothing."""
    texts = {
        name: arguments.get(name, "").replace("\x00", "").strip(" \t\r\n")[:300]
        for name in ("q", *FACETS)
    }
    if texts["storage"] not in set(Storage):
        texts["storage"] = ""
    if texts["prescription"] not in ("yes", "no"):
        texts["prescription"] = ""
    return Search(**texts, start=whole(arguments.get("start", "")[:6]) or 0)


_OF_WORDS = frozenset({ProblemCode.NO_CODE, ProblemCode.INVALID_FIELD})
"""What is wrong, as codes, with words."""


def search_products(wanted: Search, practice_id: int, *, today: dt.date) -> SearchPage:
    """Return a page of what is sold to the practice and matches, by name.

    A scanned code is looked up by its GTIN; other words must each stand in the name, SKU,
    maker or an ingredient. Facet counts leave the facet's own choice out, so that one sees
    what another choice would give. Three statements, whatever the data.
    """
    read = scanned(wanted.q, today=today)
    conditions = _conditions(wanted, practice_id, read)
    products = db.session.scalars(
        sa.select(Product)
        .options(joinedload(Product.supplier), selectinload(Product.ingredients))
        .where(*conditions.values())
        .order_by(Product.name, Product.id)
        .offset(wanted.start)
        .limit(PAGE)
    ).all()
    total, facets = _counted(conditions)
    return SearchPage(list(products), total, facets, read)


def without(wanted: Search, facet: str) -> Search:
    """Return the same search with ``facet`` open and from its first row."""
    return replace(wanted, **{facet: ""}, start=0)


def scanned(text: str, *, today: dt.date) -> Scan | None:
    """Return what ``text`` says where it was scanned into a search; None for words."""
    read = scan(text, today=today) if text else None
    if read is None or read.gtin:
        return read
    return read if any(one.code not in _OF_WORDS for one in read.problems) else None


def _conditions(
    wanted: Search, practice_id: int, read: Scan | None
) -> dict[str, sa.ColumnElement[bool]]:
    conditions: dict[str, sa.ColumnElement[bool]] = {
        "sold": sa.and_(Product.withdrawn_at.is_(None), offered_to(practice_id))
    }
    if read is not None and read.gtin:
        conditions["q"] = sa.or_(_has_gtin(read.gtin), Product.sku == wanted.q)
    elif wanted.q:
        conditions["q"] = sa.and_(*(_mentions(word) for word in searching.wanted(wanted.q)))
    makers: dict[str, Callable[[str], sa.ColumnElement[bool]]] = {
        "category": lambda value: Product.category == value,
        "concern": lambda value: Product.concerns.any(ProductConcern.concern == value),
        "ingredient": lambda value: Product.ingredients.any(ProductIngredient.name == value),
        "supplier": lambda value: Product.supplier.has(Supplier.code == value),
        "storage": lambda value: Product.storage == Storage(value),
        "prescription": lambda value: Product.prescription_only.is_(value == "yes"),
    }
    for facet, make in makers.items():
        if value := getattr(wanted, facet):
            conditions[facet] = make(value)
    return conditions


def _has_gtin(gtin: str) -> sa.ColumnElement[bool]:
    return Product.gtins.any(ProductGtin.gtin == gtin)


def _mentions(word: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        searching.mentions(Product.searched, word),
        Product.ingredients.any(searching.mentions(ProductIngredient.searched, word)),
    )


def _counted(
    conditions: Mapping[str, sa.ColumnElement[bool]],
) -> tuple[int, dict[str, list[FacetValue]]]:
    """Return how many products match, and the values of each facet; one statement.

    A facet's values are counted under all the other conditions.
    """
    parts = [
        _part(facet, key, label, source, conditions)
        for facet, (key, label, source) in _FACET_COLUMNS.items()
    ]
    total = sa.select(
        sa.literal(_TOTAL), sa.literal(""), sa.literal(""), sa.func.count(Product.id)
    ).where(*conditions.values())
    found: dict[str, list[FacetValue]] = {facet: [] for facet in (_TOTAL, *FACETS)}
    rows: Iterable[Any] = db.session.execute(sa.union_all(total, *parts))
    for facet, key, label, count in rows:
        found[facet].append(FacetValue(key, label, count))
    [whole] = found.pop(_TOTAL)
    for values in found.values():
        values.sort(key=lambda value: (-value.count, value.label))
    del found["ingredient"][INGREDIENTS_SHOWN:]
    return whole.count, found


_TOTAL = "total"
_YES = sa.case((Product.prescription_only, "yes"), else_="no")
_FACET_COLUMNS: Mapping[str, tuple[Any, Any, type[Any] | None]] = {
    "category": (Product.category, Product.category, None),
    "concern": (ProductConcern.concern, ProductConcern.concern, ProductConcern),
    "ingredient": (ProductIngredient.name, ProductIngredient.name, ProductIngredient),
    "supplier": (Supplier.code, Supplier.name, Supplier),
    "storage": (Product.storage, Product.storage, None),
    "prescription": (_YES, _YES, None),
}
"""By facet: the columns of its key and label, and the table they are in beside the product's."""


def _part(
    facet: str,
    key: Any,
    label: Any,
    source: type[Any] | None,
    conditions: Mapping[str, sa.ColumnElement[bool]],
) -> sa.Select[str, str, str, int]:
    others = [condition for name, condition in conditions.items() if name != facet]
    counted = sa.select(
        sa.literal(facet),
        sa.cast(key, sa.Text),
        sa.cast(label, sa.Text),
        sa.func.count(sa.distinct(Product.id)),
    ).select_from(Product)
    if source is Supplier:
        counted = counted.join(Supplier, Supplier.id == Product.supplier_id)
    elif source is not None:
        counted = counted.join(source, source.product_id == Product.id)
    return counted.where(*others).group_by(key, label)
