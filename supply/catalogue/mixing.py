"""What must not meet when it is injected: pairs of ingredients, each with who says so.

Facts, as sources state them; which ones stand here is a clinical decision, not a guess from
chemistry. A product that its maker sells with both inside is no pair.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.quantity import Unit
from supply.text import search_key


@dataclass(frozen=True, slots=True)
class Pair:
    """Two ingredients that must not meet; ``other`` None stands for anything else injected.

    Each is known by the words its names begin with in several languages.
    """

    code: str
    one: tuple[str, ...]
    other: tuple[str, ...] | None
    sentence: LazyString
    source: LazyString


PAIRS = (
    Pair(
        "phosphatidylcholine-lidocaine",
        ("phosphatidylcholin", "fosfatidilcolin", "fosfatidylcholin"),
        ("lidocain", "lignocain"),
        _l("Phosphatidylcholine and lidocaine must not be mixed"),
        _l("Mesoteric, on blends for mesotherapy"),
    ),
    Pair(
        "hyaluronidase-metabisulfite",
        ("hyaluronidas", "hialuronidas"),
        ("metabisulfit", "metabisulphit"),
        _l("Hyaluronidase and metabisulfite must not be mixed"),
        _l("Handbook on Injectable Drugs, hyaluronidase: incompatible"),
    ),
    Pair(
        "deoxycholic-acid",
        ("deoxycholic", "desoxycholiqu", "desoxycholsaur", "desoxicolic", "deoksicholik"),
        None,
        _l("Deoxycholic acid must not be mixed with anything"),
        _l("Label of deoxycholic acid 10 mg/ml (DailyMed): no dilution, no admixture"),
    ),
)

LEADING = tuple(word for pair in PAIRS for word in pair.one)
"""Words of which an item of every pair has one: without any of them nothing can clash."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A pair that meets, and the items it meets in, in the order they were given."""

    pair: Pair
    item_ids: tuple[int, ...]


def is_drug(unit: Unit, ingredients: Collection[str]) -> bool:
    """Return whether what is injected is a substance: an empty syringe is none."""
    return unit is not Unit.EACH or bool(ingredients)


def clashes(contained: Mapping[int, Collection[str]]) -> list[Clash]:
    """Return which pairs meet among injected items; ``contained`` has each one's ingredients."""
    names = {item: [search_key(name) for name in told] for item, told in contained.items()}
    found = []
    for pair in PAIRS:
        ones = {item for item, told in names.items() if _has(told, pair.one)}
        others = _others(pair, ones, names)
        meeting = {item for item in ones if others - {item}}
        meeting |= {item for item in others if ones - {item}}
        if meeting:
            found.append(Clash(pair, tuple(item for item in names if item in meeting)))
    return found


def _others(pair: Pair, ones: set[int], names: Mapping[int, Collection[str]]) -> set[int]:
    if pair.other is None:
        return set(names) - ones
    return {item for item, told in names.items() if _has(told, pair.other)}


def _has(names: Collection[str], words: Collection[str]) -> bool:
    return any(word in name for name in names for word in words)
