"""A supplier's catalogue as facets count it, kept in memory until another edition is out.

Which products have a value of a facet is one long number, a bit for each product in the order
of its name: counting is an AND and a count of bits. A sheet is read anew when the edition on
the supplier's row, which triggers change with every transaction that changes its products, is
another than the sheet's.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask import current_app

from supply.catalogue.finding.values import Value, gauge_value, ingredient_value, length_value
from supply.catalogue.models import Product, ProductConcern, ProductIngredient
from supply.db import AnyRow, Key, execute, is_writing, table

PRODUCT, CONCERN, INGREDIENT = map(table, (Product, ProductConcern, ProductIngredient))

Bits = int
"""Products of a sheet, by place: bit 0 is the first by name."""


@dataclass(slots=True)
class Sheet:
    """The products of a supplier that are sold, by name, and which have what."""

    edition: int
    order: list[tuple[str, int]] = field(default_factory=list)
    """Each product's name as it is sorted, and its id."""
    places: dict[int, int] = field(default_factory=dict)
    having: dict[str, dict[Value, Bits]] = field(default_factory=dict)
    """By facet and value."""
    spelled: dict[Value, str] = field(default_factory=dict)
    """Ingredients and strengths as they are first written."""
    words: dict[str, int] = field(default_factory=dict)
    """How many products each word is in."""
    alphabet: list[str] = field(default_factory=list)

    def starts(self, beginning: str) -> bool:
        """Return whether one of its words starts so."""
        place = bisect_left(self.alphabet, beginning)
        return place < len(self.alphabet) and self.alphabet[place].startswith(beginning)

    @property
    def everything(self) -> Bits:
        """All of its products."""
        return (1 << len(self.order)) - 1

    def bits_of(self, product_ids: Set[int]) -> Bits:
        """Return those of its products that are among ``product_ids``.

        Of two sets the smaller one is gone through.
        """
        there = self.places.keys() & product_ids
        return bits_at((self.places[key] for key in there), len(self.order))

    def entries(self, bits: Bits) -> Iterator[tuple[str, int]]:
        """Yield name and id of the products in ``bits``, in order."""
        return (self.order[place] for place in places_in(bits))


def bits_at(places: Iterable[int], size: int) -> Bits:
    """Return the number with a bit at each of ``places``, all below ``size``."""
    eighths = bytearray(size // 8 + 1)
    for place in places:
        eighths[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(eighths, "little")


_PLACES = [tuple(place for place in range(8) if byte >> place & 1) for byte in range(256)]


def places_in(bits: Bits) -> Iterator[int]:
    """Yield the places of the bits that are set, from the lowest."""
    for eighth, byte in enumerate(bits.to_bytes(bits.bit_length() // 8 + 1, "little")):
        for place in _PLACES[byte]:
            yield eighth * 8 + place


class Sheets:
    """The sheets that this process has read."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[int, Sheet] = {}
        self._reading = threading.Lock()

    def of(self, editions: Mapping[int, int]) -> dict[int, Sheet]:
        """Return by supplier the sheet of this edition, reading what is not at hand.

        Within a transaction that writes nothing is taken from memory, nor kept there: what it
        has written may yet be changed or undone.
        """
        if is_writing():
            return read_sheets(editions)
        if self._missing(editions):
            with self._reading:  # others wait, and find it read
                self._kept.update(read_sheets(self._missing(editions)))
        return {supplier: self._kept[supplier] for supplier in editions}

    def _missing(self, editions: Mapping[int, int]) -> dict[int, int]:
        kept = self._kept
        return {
            supplier: edition
            for supplier, edition in editions.items()
            if supplier not in kept or kept[supplier].edition != edition
        }


def sheets() -> Sheets:
    """Return the sheets of the running app."""
    kept: Sheets = current_app.extensions.setdefault("catalogue_sheets", Sheets())
    return kept


def read_sheets(editions: Mapping[int, int]) -> dict[int, Sheet]:
    """Return by supplier its sheet as the database has it; three statements for all."""
    writers = {supplier: _Writer(Sheet(edition)) for supplier, edition in editions.items()}
    if not writers:
        return {}
    asked = {"suppliers": list(writers)}
    for row in sorted(execute(_products(), asked).all(), key=lambda row: (row.searched, row.id)):
        writers[row.supplier_id].add(row)
    for row in execute(_concerns(), asked).all():
        writers[row.supplier_id].put("concern", row.concern, row.product_id)
    for row in execute(_ingredients(), asked).all():
        writers[row.supplier_id].add_ingredient(row)
    return {supplier: writer.written() for supplier, writer in writers.items()}


class _Writer:
    """Writes one sheet, row by row."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._having: dict[str, dict[Value, list[int]]] = {}

    def add(self, row: AnyRow) -> None:
        """Add a product; products come in their order."""
        self.sheet.places[row.id] = len(self.sheet.order)
        self.sheet.order.append((row.searched, row.id))
        self._count(f"{row.named} {row.made}")
        self.put("category", row.category, row.id)
        self.put("storage", row.storage.value, row.id)
        self.put("prescription", "yes" if row.prescription_only else "no", row.id)
        if row.needle_gauge:
            self.put("gauge", gauge_value(row.needle_gauge), row.id)
        if row.needle_length:
            self.put("length", length_value(row.needle_length), row.id)

    def add_ingredient(self, row: AnyRow) -> None:
        """Add an ingredient of a product, alone and with its strength."""
        self._count(row.searched)
        whole = f"{row.name} {row.strength}" if row.strength else ""
        for facet, spelled in (("ingredient", row.name), ("strength", whole)):
            if spelled:
                value = ingredient_value(spelled)
                self.sheet.spelled.setdefault(value, spelled)
                self.put(facet, value, row.product_id)

    def put(self, facet: str, value: Value, product_id: int) -> None:
        """Say that a product has a value; one that was added meanwhile waits for its edition."""
        place = self.sheet.places.get(product_id)
        if place is not None:
            self._having.setdefault(facet, {}).setdefault(value, []).append(place)

    def written(self) -> Sheet:
        """Return the sheet, whole."""
        size = len(self.sheet.order)
        self.sheet.having = {
            facet: {value: bits_at(places, size) for value, places in values.items()}
            for facet, values in self._having.items()
        }
        self.sheet.alphabet = sorted(self.sheet.words)
        return self.sheet

    def _count(self, words: str) -> None:
        counts = self.sheet.words
        for word in words.split():
            counts[word] = counts.get(word, 0) + 1


def _sold() -> Sequence[sa.ColumnElement[bool]]:
    suppliers: sa.BindParameter[int] = sa.bindparam("suppliers", type_=Key, expanding=True)
    return PRODUCT.c.supplier_id.in_(suppliers), PRODUCT.c.withdrawn_at.is_(None)


@cache
def _products() -> sa.Select[*tuple[Any, ...]]:
    names = (
        "id", "supplier_id", "searched", "named", "made", "category", "storage",
        "prescription_only", "needle_gauge", "needle_length",
    )  # fmt: skip
    columns = [PRODUCT.c[name] for name in names]
    return sa.select(*columns).where(*_sold())


@cache
def _concerns() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(PRODUCT.c.supplier_id, CONCERN.c.product_id, CONCERN.c.concern)
        .join(PRODUCT, PRODUCT.c.id == CONCERN.c.product_id)
        .where(*_sold())
    )


@cache
def _ingredients() -> sa.Select[*tuple[Any, ...]]:
    names = ("product_id", "name", "strength", "searched")
    return (
        sa.select(PRODUCT.c.supplier_id, *(INGREDIENT.c[name] for name in names))
        .join(PRODUCT, PRODUCT.c.id == INGREDIENT.c.product_id)
        .where(*_sold())
    )
