"""The words a product is found by, and the words of a search: split alike, by us alone.

A word is of letters and digits, with a point inside numbers ("5.625"), folded as
:func:`supply.text.search_key` folds. Both databases are given words, never sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from supply.text import search_key

MOST_WORDS = 8
"""Words of a search that are looked for; the rest are ignored."""

_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*")
_JOINED = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")

UNITS = frozenset(
    {"ml", "l", "g", "kg", "mg", "mcg", "ug", "μg", "mm", "cm", "iu", "ie", "ui", "u", "gauge"}
)
"""What stands behind a figure and is read with it: 4 mm is 4mm."""

_ELISION = re.compile(r"\b[dl]['’](?=\w)")
_GAUGE = re.compile(
    r"(?<![^\W_])(?:g ?(\d\d)|(\d\d) ?(?:g|ga|gauge))(?![^\W_x]|x(?! ?\d))"
    r"(?:(?: ?[x×*/] ?| )(\d{1,2}(?:[.,]\d+)?)(?: ?mm)?(?![\w%]| ?(?:m[lg]|g|x)(?![^\W_])))?"
)
"""A needle as people write it: 30G, 30 G x 4, G30, 30 gauge 4mm."""

_FILLING = frozenset(
    {"and", "avec", "ar", "de", "der", "des", "die", "du", "et", "for", "fur", "il", "la", "le"}
    | {"les", "mit", "of", "par", "per", "pour", "the", "un", "und", "with", "x"}
)
"""Words that say nothing of what is looked for, folded."""


def split(text: str) -> list[str]:
    """Return the words of ``text`` in order."""
    return _words(search_key(text))


def _words(folded: str) -> list[str]:
    return [word.replace(",", ".") for word in _WORD.findall(folded)]


def words_kept(*texts: str) -> str:
    """Return what a product is found by in ``texts``, each word once, with spaces between.

    A figure is kept with its unit too, and what a hyphen joins also as one ("xdna").
    """
    return " ".join(dict.fromkeys(word for text in texts for word in _found_by(text)))


def _found_by(text: str) -> Iterator[str]:
    folded = search_key(text)
    words = _words(folded)
    yield from words
    yield from (
        number + unit
        for number, unit in pairwise(words)
        if unit in UNITS and _NUMBER.fullmatch(number)
    )
    yield from (joined.replace("-", "") for joined in _JOINED.findall(folded))


def words_of_sku(sku: str) -> str:
    """Return what a SKU is found by: its parts, and from each of them on without signs between."""
    parts = split(sku)
    rests = ("".join(parts[start:]) for start in range(len(parts) - 1))
    return " ".join([*parts, *rests])


def words_of_needle(gauge: int | None, length: Decimal | None) -> str:
    """Return what a needle's gauge and length (mm) are found by: "30g 4mm"."""
    told = (f"{gauge}g" if gauge else "", f"{length.normalize():f}mm" if length else "")
    return " ".join(filter(None, told))


def named(name: str, sku: str, gauge: int | None, length: Decimal | None) -> str:
    """Return the words of a product's name, SKU and needle: what counts most."""
    words = (words_kept(name), words_of_sku(sku), words_of_needle(gauge, length))
    return " ".join(dict.fromkeys(word for part in words for word in part.split()))


def words_wanted(text: str) -> list[str]:
    """Return the words of a search: figures with their units, needles as 30g 4mm, no filling."""
    folded = _GAUGE.sub(_needle, _ELISION.sub("", search_key(text)))
    words = list(_with_units(_words(folded)))
    telling = [word for word in words if word not in _FILLING]
    return list(dict.fromkeys(telling or words))[:MOST_WORDS]


def _needle(found: re.Match[str]) -> str:
    length = found[3]
    return f" {found[1] or found[2]}g {length + 'mm' if length else ''} "


def _with_units(words: Iterable[str]) -> Iterator[str]:
    before: str | None = None
    for word in words:
        if before is None:
            before = word
        elif word in UNITS and _NUMBER.fullmatch(before):
            yield before + word
            before = None
        else:
            yield before
            before = word
    if before is not None:
        yield before
