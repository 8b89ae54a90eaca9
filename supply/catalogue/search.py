"""Searching the catalogue: words, scans and facets, in a fixed number of statements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, load_only
from werkzeug.datastructures import MultiDict

from supply.accounts.models import Clinic, Supplier
from supply.catalogue import shelf
from supply.catalogue.barcodes import ProblemCode, Scan, scan
from supply.catalogue.finding import counting, index, spelling, synonyms
from supply.catalogue.finding.asked import groups_of, phrases_of
from supply.catalogue.finding.counting import Place, Shelf
from supply.catalogue.finding.sheets import sheets
from supply.catalogue.finding.values import FACETS, Value, read_value
from supply.catalogue.finding.words import words_wanted
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import seen_by
from supply.db import AnyRow, Key, db, execute
from supply.text import whole

PAGE = 25
"""Rows on a page."""

VALUES_SHOWN = 20
"""Values a long facet lists, the most frequent first."""

MOST_CHOSEN = 50
"""Values of one facet that may be chosen at once."""

LONGEST = 300
"""Characters of what is typed or chosen; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; nothing asks for nothing. ``start`` counts rows before the page.

    A product matches that has one of the values ``chosen`` of each facet. ``exact`` looks for
    the words as they are spelled.
    """

    q: str = ""
    chosen: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    exact: bool = False
    start: int = 0

    @property
    def count(self) -> int:
        """How many values are chosen."""
        return sum(map(len, self.chosen.values()))

    def as_query(self) -> dict[str, str | list[str]]:
        """Return the address's query that asks for this, without what is empty."""
        query: dict[str, str | list[str]] = {"q": self.q} if self.q else {}
        query |= {facet: list(values) for facet, values in self.chosen.items()}
        query |= {"exact": "yes"} if self.exact else {}
        return query | ({"start": str(self.start)} if self.start else {})

    def switched(self, facet: str, value: Value) -> Search:
        """Return the same search with ``value`` chosen, or no longer, from its first row."""
        values = self.chosen.get(facet, ())
        others = tuple(one for one in values if one != value)
        chosen = {**self.chosen, facet: others if value in values else (*values, value)}
        kept = {name: values for name, values in chosen.items() if values}
        return replace(self, chosen=kept, start=0)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a facet and how many products choosing it would leave."""

    value: Value
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Correction:
    """Words that nothing starts with, and what is shown in their place."""

    was: str
    now: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of products, how many there are, the facets, and what a scan said.

    ``last`` is the place of the last product where more follow it.
    """

    products: list[Product]
    total: int
    facets: dict[str, list[FacetValue]]
    scan: Scan | None = None
    correction: Correction | None = None
    last: Place | None = None


def wanted_from(arguments: MultiDict[str, str]) -> Search:
    """Return what an address's query asks for; nonsense asks for nothing."""
    chosen = chosen_of({facet: arguments.getlist(facet) for facet in FACETS})
    return Search(
        q=_text(arguments.get("q", "")),
        chosen=chosen,
        exact=arguments.get("exact") == "yes",
        start=whole(arguments.get("start", "")[:6]) or 0,
    )


def chosen_of(texts: Mapping[str, Iterable[str]]) -> dict[str, tuple[Value, ...]]:
    """Return by facet the values that ``texts`` are, without nonsense and empty facets."""
    chosen = {}
    for facet, typed in texts.items():
        values = [read_value(facet, _text(text)) for text in islice(typed, MOST_CHOSEN)]
        if kept := tuple(dict.fromkeys(value for value in values if value)):
            chosen[facet] = kept
    return chosen


def _text(typed: str) -> str:
    return typed.replace("\x00", "").strip(" \t\r\n")[:LONGEST]


_OF_WORDS = frozenset({ProblemCode.NO_CODE, ProblemCode.INVALID_FIELD})
"""What is wrong, as codes, with words."""


def search_products(
    wanted: Search,
    clinic: Clinic,
    *,
    today: dt.date,
    after: Place | None = None,
    limit: int | None = None,
) -> SearchPage:
    """Return a page of what is sold to the clinic and matches.

    Without words by name; with words the best found first, then by id. A scanned code is looked
    up by its GTIN. Facet counts leave the facet's own choice out, so that one sees what another
    choice would give. A fixed number of statements, whatever the data. The page begins after a
    place, or after ``wanted.start`` rows.
    """
    read = scanned(wanted.q, today=today)
    suppliers = _suppliers(clinic.practice_id)
    kept = sheets().of({row.id: row.catalogue_edition for row in suppliers})
    shelves = [Shelf(row.code, kept[row.id]) for row in suppliers]
    levels, correction = _found(wanted, read, shelves)
    in_stock = shelf.in_stock(clinic)
    for one in shelves:
        one.match(wanted.chosen, None if levels is None else levels.keys(), in_stock)
    size = PAGE if limit is None else limit
    places = list(
        islice(counting.in_order(shelves, levels, after), wanted.start, wanted.start + size + 1)
    )
    return SearchPage(
        _products([product_id for _sorted, product_id in places[:size]]),
        sum(one.matching.bit_count() for one in shelves),
        _facets(shelves, wanted.chosen, {row.code: row.name for row in suppliers}),
        read,
        correction,
        places[size - 1] if len(places) > size else None,
    )


def products_called(
    texts: Collection[str], practice_id: int, limit: int
) -> dict[str, tuple[list[Product], bool]]:
    """Return by text the products that a search for it finds first, at most ``limit`` of each.

    With each, whether all its words are spelled as the catalogue spells them. One statement for
    each text, whatever the data, and three for all of them.
    """
    if not texts:
        return {}
    suppliers = _suppliers(practice_id)
    kept = sheets().of({row.id: row.catalogue_edition for row in suppliers})
    shelves = [Shelf(row.code, kept[row.id]) for row in suppliers]
    best: dict[str, tuple[list[int], bool]] = {}
    for text in texts:
        levels, correction = _found(Search(text), None, shelves)
        for one in shelves:
            one.match({}, frozenset(levels or ()), frozenset())
        ranked = counting.in_order(shelves, levels or {}, None)
        best[text] = [product_id for _rank, product_id in islice(ranked, limit)], correction is None
    found = {one.id: one for one in _products([key for keys, _ in best.values() for key in keys])}
    return {
        text: ([found[key] for key in keys if key in found], spelled)
        for text, (keys, spelled) in best.items()
    }


def scanned(text: str, *, today: dt.date) -> Scan | None:
    """Return what ``text`` says where it was scanned into a search; None for words."""
    read = scan(text, today=today) if text else None
    if read is None or read.gtin:
        return read
    return read if any(one.code not in _OF_WORDS for one in read.problems) else None


def _found(
    wanted: Search, read: Scan | None, shelves: Collection[Shelf]
) -> tuple[dict[int, int] | None, Correction | None]:
    """Return how well products match what was typed or scanned (None: nothing was)."""
    if read is not None and read.gtin:
        return _scanned_products(read.gtin, wanted.q), None
    words = words_wanted(wanted.q)
    if not words:
        return None, None
    vocabulary = _Vocabulary(shelves)
    meant = words if wanted.exact else list(vocabulary.meant(words))
    levels = index.search(groups_of(meant, vocabulary.starts))
    wrong = [(was, now) for was, now in zip(words, meant, strict=True) if was != now]
    if not wrong or not any(one.sheet.places.keys() & levels.keys() for one in shelves):
        return levels, None
    was, now = zip(*wrong, strict=True)
    return levels, Correction(" ".join(was), " ".join(now))


class _Vocabulary:
    """The words of all that the clinic is offered, and of what means the same."""

    def __init__(self, shelves: Collection[Shelf]) -> None:
        self._sheets = [one.sheet for one in shelves]

    def starts(self, beginning: str) -> bool:
        """Return whether a word of the catalogue starts so."""
        return any(sheet.starts(beginning) for sheet in self._sheets)

    def meant(self, words: Sequence[str]) -> Iterator[str]:
        """Yield ``words``, the nearest for each that nothing starts with and no phrase has."""
        for phrase in phrases_of(words):
            yield from phrase if len(phrase) > 1 else (self._nearest(phrase[0]),)

    def _nearest(self, word: str) -> str:
        if not spelling.may_be_corrected(word) or self.starts(word):
            return word
        others = synonyms.single_words()
        if any(other.startswith(word) for other in others):
            return word
        known: dict[str, int] = dict.fromkeys(others, 0)
        shortest = len(word) - spelling.slips_allowed(word)
        for sheet in self._sheets:
            for other, count in sheet.words.items():
                if len(other) >= shortest and other.isalpha():
                    known[other] = known.get(other, 0) + count
        return spelling.nearest(word, known) or word


def _suppliers(practice_id: int) -> Sequence[AnyRow]:
    return execute(_suppliers_seen(), {"practice_id": practice_id}).all()


@cache
def _suppliers_seen() -> sa.Select[int, str, str, int]:
    practice = sa.bindparam("practice_id", type_=Key)
    return (
        sa.select(Supplier.id, Supplier.code, Supplier.name, Supplier.catalogue_edition)
        .where(seen_by([practice]))
        .order_by(Supplier.id)
    )


def _scanned_products(gtin: str, typed: str) -> dict[int, int]:
    rows = db.session.scalars(_with_code(), {"gtin": gtin, "typed": typed})
    return dict.fromkeys(rows, 0)


@cache
def _with_code() -> sa.Select[int]:
    with_gtin = sa.select(ProductGtin.product_id).where(ProductGtin.gtin == sa.bindparam("gtin"))
    return sa.select(Product.id).where(
        sa.or_(Product.id.in_(with_gtin), Product.sku == sa.bindparam("typed"))
    )


def _products(product_ids: Sequence[int]) -> list[Product]:
    if not product_ids:
        return []
    found = db.session.scalars(_of_page(), {"product_ids": list(product_ids)})
    by_id = {product.id: product for product in found}
    return [by_id[key] for key in product_ids if key in by_id]


_SHOWN = (
    Product.supplier_id,
    Product.sku,
    Product.name,
    Product.category,
    Product.unit,
    Product.containers_per_pack,
    Product.content_per_container,
    Product.storage,
    Product.prescription_only,
    Product.lead_time_days,
    Product.minimum_order_packs,
    Product.availability,
    Product.expected_on,
    Product.withdrawn_at,
)
"""What a row of the catalogue says, and no more: half the time of a page went into the rest."""


@cache
def _of_page() -> sa.Select[Product]:
    return (
        sa.select(Product)
        .options(load_only(*_SHOWN), joinedload(Product.supplier))
        .where(Product.id.in_(sa.bindparam("product_ids", expanding=True)))
    )


_LONG = ("ingredient", "strength")
"""Facets of which only the most frequent values are listed, as they are spelled."""


def _facets(
    shelves: Collection[Shelf],
    chosen: Mapping[str, Collection[Value]],
    suppliers: Mapping[str, str],
) -> dict[str, list[FacetValue]]:
    """Return each facet's values, the most frequent first; chosen ones are always among them."""
    counts = counting.count(shelves)
    counts["strength"] = _of_ingredients(counts["strength"], chosen.get("ingredient", ()))
    facets = {}
    for facet, found in counts.items():
        wanted = chosen.get(facet, ())
        ranked = sorted(
            (dict.fromkeys(wanted, 0) | found).items(), key=lambda one: (-one[1], one[0])
        )
        if facet in _LONG:
            rest = [one for one in ranked[VALUES_SHOWN:] if one[0] in wanted]
            ranked = ranked[:VALUES_SHOWN] + rest
        facets[facet] = [
            FacetValue(value, _spelled(shelves, suppliers, facet, value), count)
            for value, count in ranked
        ]
    return facets


def _of_ingredients(strengths: dict[Value, int], chosen: Collection[Value]) -> dict[Value, int]:
    """Return the strengths of the chosen ingredients, or all: a strength begins with a figure."""
    if not chosen:
        return strengths
    return {
        value: count
        for value, count in strengths.items()
        if any(value.startswith(f"{one} ") and value[len(one) + 1].isdigit() for one in chosen)
    }


def _spelled(
    shelves: Iterable[Shelf], suppliers: Mapping[str, str], facet: str, value: Value
) -> str:
    if facet == "supplier":
        return suppliers.get(value, value)
    if facet in _LONG:
        spellings = (one.sheet.spelled.get(value) for one in shelves)
        return next(filter(None, spellings), value)
    return value
