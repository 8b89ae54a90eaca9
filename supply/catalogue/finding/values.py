"""The facets of the catalogue, and their values as addresses and programs write them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from supply.catalogue.finding import needles
from supply.catalogue.terms import Storage
from supply.text import clean, fold

Value: TypeAlias = str

FACETS = (
    "concern", "category", "ingredient", "strength", "gauge", "length", "storage",
    "prescription", "supplier", "stock",
)  # fmt: skip
"""In the order they are shown in."""

IN_STOCK = "here"
"""The one value of the facet ``stock``."""

YES, NO = "yes", "no"

_ONLY: Mapping[str, frozenset[str]] = {
    "storage": frozenset(storage.value for storage in Storage),
    "prescription": frozenset({YES, NO}),
    "stock": frozenset({IN_STOCK}),
}
"""By facet, where they are few, all values that there are."""


def gauge_value(gauge: int) -> Value:
    """Return a gauge: "30G"."""
    return f"{gauge}G"


def length_value(length: Decimal) -> Value:
    """Return a length: "4 mm", "1.5 mm"."""
    return f"{length.normalize():f} mm"


@lru_cache(maxsize=50_000)
def ingredient_value(text: str) -> Value:
    """Return what spellings of one ingredient share, or of one with its strength."""
    return fold(text)


def read_value(facet: str, text: str) -> Value | None:
    """Return the value of ``facet`` that ``text`` is (30 and 30G are one); None for nonsense."""
    stripped = clean(text)
    if facet == "gauge":
        gauge = needles.gauge_in(stripped)
        return gauge_value(gauge) if gauge else None
    if facet == "length":
        length = needles.length_in(stripped)
        return length_value(length) if length else None
    if facet in ("ingredient", "strength"):
        return ingredient_value(stripped) or None
    if facet in _ONLY and stripped not in _ONLY[facet]:
        return None
    return stripped or None
