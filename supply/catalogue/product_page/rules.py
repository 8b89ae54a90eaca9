"""Which products do for one another: the same ingredients as strong, or the same needle."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from supply.catalogue.finding.synonyms import longest, phrases
from supply.catalogue.rules import Ingredient
from supply.quantity import Unit
from supply.text import search_key

_FIGURE = re.compile(
    r"(\d+(?:[.,]\d+)?) ?(%|[a-z]+(?: units?)?(?:/(?:ml|g|l))?)(?: ?\(([^)]*)\))?", re.ASCII
)
_BRACKETS = re.compile(r"\([^)]*\)")
_WORDS = re.compile(r"[\W_]+")

_SALTS = frozenset(
    {"sodium", "natrium", "hcl", "hydrochloride", "hydrochlorid", "chlorhydrate", "de", "d", "of"}
)
"""Words that name a salt or join others, and leave the ingredient the same."""

_MEASURES: dict[str, tuple[str, Decimal]] = {
    "mg/ml": ("mg/ml", Decimal(1)),
    "g/l": ("mg/ml", Decimal(1)),
    "mcg/ml": ("mg/ml", Decimal("0.001")),
    "ug/ml": ("mg/ml", Decimal("0.001")),
    "mg/g": ("mg/g", Decimal(1)),
    "mcg/g": ("mg/g", Decimal("0.001")),
    "iu/ml": ("iu/ml", Decimal(1)),
    "ie/ml": ("iu/ml", Decimal(1)),
    "ui/ml": ("iu/ml", Decimal(1)),
    "u/ml": ("iu/ml", Decimal(1)),
}
"""Units of strength, and what each is of one that they are compared in."""

_PERCENT = Decimal(10)
"""One per cent is 10 mg in a millilitre, or in a gram."""

_SHAPES = (
    ("cannula", re.compile(r"\b(?:micro)?(?:cannula|canule|kanul|kanil)")),
    ("several", re.compile(r"\b(?:multi|\d+[ -]?(?:pin|needle)|plate|linear)\b")),
)
"""What is no single needle, by the words of its name."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a product is compared by."""

    name: str
    category: str
    unit: Unit
    gauge: int | None
    length: Decimal | None
    parts: tuple[Ingredient, ...]
    allergens: frozenset[str]


@dataclass(frozen=True, slots=True)
class Strength:
    """A figure in a unit of comparison with what stands in brackets behind it, or just words."""

    figure: Decimal | None
    unit: str
    more: str = ""


def do_for_one_another(one: Contents, other: Contents) -> bool:
    """Return whether a clinic may weigh the two by their price.

    Needles: the same gauge and length, and both single needles, cannulas or plates. All else:
    the same category, main ingredients, strengths and allergens. Both are measured alike.
    """
    if (one.unit, one.category) != (other.unit, other.category):
        return False
    if one.gauge or other.gauge:
        same = (one.gauge, one.length) == (other.gauge, other.length)
        return same and shape(one.name) == shape(other.name)
    if one.allergens != other.allergens:
        return False
    return _same_parts(main_parts(one.parts), main_parts(other.parts), one.unit)


def main_parts(parts: tuple[Ingredient, ...]) -> tuple[Ingredient, ...]:
    """Return the ingredients that the label gives a strength, or all where it gives none."""
    return tuple(part for part in parts if part.strength) or parts


@lru_cache(maxsize=20_000)
def substance(name: str) -> tuple[str, ...]:
    """Return what an ingredient is, whatever it is called: salts and languages make no difference.

    "Sodium hyaluronate" and "Hyaluronsäure" are one.
    """
    plain = _BRACKETS.sub(" ", search_key(name))
    words = [word for word in _WORDS.split(plain) if word]
    known, found, place = phrases(), set(), 0
    while place < len(words):
        for size in range(min(longest(), len(words) - place), 0, -1):
            phrase = tuple(words[place : place + size])
            if phrase in known or size == 1:
                place += size
                if phrase in known or phrase[0] not in _SALTS:
                    found.add(" ".join(min(known.get(phrase, (phrase,)))))
                break
    return tuple(sorted(found))


def strength(text: str, unit: Unit) -> Strength:
    """Return how strong "1 %", "10 mg/ml (non-crosslinked)" or "10 g/l" is, in one unit."""
    plain = search_key(text).replace("μ", "u").replace("µ", "u").strip()
    match = _FIGURE.fullmatch(plain)
    if match is None:
        return Strength(None, plain)
    figure, measure, more = Decimal(match[1].replace(",", ".")), match[2], match[3] or ""
    if measure == "%":
        return Strength(figure * _PERCENT, "mg/g" if unit is Unit.G else "mg/ml", more)
    kept, factor = _MEASURES.get(measure, (measure, Decimal(1)))
    return Strength(figure * factor, kept, more)


def shape(name: str) -> str:
    """Return whether a needle's name says cannula, or several in one; "" is a single needle."""
    plain = search_key(name)
    return next((kind for kind, pattern in _SHAPES if pattern.search(plain)), "")


def _same_parts(one: tuple[Ingredient, ...], other: tuple[Ingredient, ...], unit: Unit) -> bool:
    mine = {substance(part.name): strength(part.strength, unit) for part in one}
    theirs = {substance(part.name): strength(part.strength, unit) for part in other}
    return (
        bool(mine)
        and mine.keys() == theirs.keys()
        and all(_as_strong(mine[part], theirs[part]) for part in mine)
    )


def _as_strong(one: Strength, other: Strength) -> bool:
    """Return whether two strengths agree; what one says in brackets and the other does not, may."""
    if (one.figure, one.unit) != (other.figure, other.unit):
        return False
    return one.more == other.more or not (one.more and other.more)
