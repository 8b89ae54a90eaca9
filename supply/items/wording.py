"""Items in words: their containers, quantities and how they are kept."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from babel import Locale
from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.catalogue import wording as catalogue
from supply.catalogue.terms import Storage
from supply.quantity import Unit
from supply.web.filters import WRITTEN_KEPT, quantity, written_in

unit_word = catalogue.unit_word

_CONTAINERS: dict[str, Callable[[int], str]] = {
    "vial": lambda count: ngettext("vial", "vials", count),
    "ampoule": lambda count: ngettext("ampoule", "ampoules", count),
    "syringe": lambda count: ngettext("syringe", "syringes", count),
    "needle": lambda count: ngettext("needle", "needles", count),
    "bottle": lambda count: ngettext("bottle", "bottles", count),
    "tube": lambda count: ngettext("tube", "tubes", count),
    "cartridge": lambda count: ngettext("cartridge", "cartridges", count),
}

_USUAL: dict[Unit, str] = {Unit.ML: "vial", Unit.MG: "vial", Unit.G: "tube"}

STORAGE_WORDS: dict[Storage, LazyString] = {
    Storage.AMBIENT: _l("15 to 25 °C"),
    Storage.COLD: _l("2 to 8 °C"),
    Storage.EITHER: _l("2 to 25 °C"),
    Storage.FROZEN: _l("Frozen"),
}


def containers(count: int, container: str, unit: Unit) -> str:
    """Return the plural that fits ``count`` of an item's containers: "vials", "pieces".

    A container without a word of its own is called by what such things come in.
    """
    worded = _CONTAINERS.get(container) or _CONTAINERS.get(_USUAL.get(unit, ""))
    return worded(count) if worded else str(ngettext("piece", "pieces", count))


def measured(amount: Decimal, content: Decimal, container: str, unit: Unit) -> str:
    """Return a quantity as people count it: "8 vials", "8 vials and 3.2 ml", "40 pieces"."""
    return _measured(amount + 0, content, container, unit, written_in())


@lru_cache(WRITTEN_KEPT)
def _measured(
    amount: Decimal, content: Decimal, container: str, unit: Unit, _locale: Locale
) -> str:
    # Written in the reader's locale, which is why that is among what tells one from another.
    sealed, rest = divmod(amount, content)
    if unit is Unit.EACH and (content != 1 or rest):
        return f"{quantity(amount)} {unit_word(unit, amount)}"
    worded = f"{quantity(sealed)} {containers(int(sealed), container, unit)}"
    if not rest:
        return worded
    loose = f"{quantity(rest)} {unit_word(unit, rest)}"
    if not sealed:
        return loose
    return str(_("%(containers)s and %(loose)s", containers=worded, loose=loose))


def one_or_many(worded: str) -> int:
    """Return by which number a sentence on a quantity is said: "1 vial" is one, all else many."""
    number, _space, words = worded.partition(" ")
    return 1 if number == "1" and " " not in words else 2


class Contained(Protocol):
    """What is kept in containers: what one holds, what it is called, the base unit."""

    @property
    def content_per_container(self) -> Decimal: ...
    @property
    def container(self) -> str: ...
    @property
    def unit(self) -> Unit: ...


def measure(amount: Decimal, item: Contained, *, beside: bool = False) -> str:
    """Return a quantity of ``item`` in containers; ``beside``: "8 vials (40 ml)"."""
    worded = measured(amount, item.content_per_container, item.container, item.unit)
    total = f"{quantity(amount)} {unit_word(item.unit, amount)}"
    if not beside or item.unit is Unit.EACH or amount < item.content_per_container:
        return worded
    return f"{worded} ({total})"
