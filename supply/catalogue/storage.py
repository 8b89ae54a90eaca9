"""Reading a storage class from the words a catalogue or label uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from supply.catalogue.terms import Storage
from supply.sentences import say


class UnknownStorageError(ValueError):
    """Storage words that fit no storage class; the message says what to write."""


@dataclass(frozen=True, slots=True)
class StorageRead:
    """A storage class and what else the words ask for."""

    storage: Storage
    keep_dark: bool = False
    keep_dry: bool = False
    flammable: bool = False
    do_not_freeze: bool = False


_FLAGS = {
    "protect from light": "keep_dark",
    "keep from light": "keep_dark",
    "keep dark": "keep_dark",
    "dark": "keep_dark",
    "dry": "keep_dry",
    "keep dry": "keep_dry",
    "flammable": "flammable",
    "do not freeze": "do_not_freeze",
    "don't freeze": "do_not_freeze",
}

_NAMED = {
    "ambient": Storage.AMBIENT,
    "room temperature": Storage.AMBIENT,
    "cold": Storage.COLD,
    "refrigerated": Storage.COLD,
    "refrigerate": Storage.COLD,
    "fridge": Storage.COLD,
    "frozen": Storage.FROZEN,
    "freezer": Storage.FROZEN,
    "either": Storage.EITHER,
}

_NUMBER = r"[-−]?\d{1,3}(?:\.\d+)?"
_UNIT = r"(?:°|º|deg(?:rees)?\.?)?\s*(?:c(?:elsius)?|f(?:ahrenheit)?)"
_RANGE = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?P<low_unit>{_UNIT})?\s*(?:-|–|—|to|…|\.\.)\s*"
    rf"(?P<high>{_NUMBER})\s*(?P<unit>{_UNIT})"
)
_AT_MOST = re.compile(
    rf"(?:<=|≤|=<|<|below|up to|at most|max\.?|not above)\s*(?P<high>{_NUMBER})\s*(?P<unit>{_UNIT})"
)
_EXACT = re.compile(rf"(?P<high>{_NUMBER})\s*(?P<unit>{_UNIT})")

_ADVICE = say("Write a range such as 2-8C, 15-25C, 2-25C or -20C, or ambient, cold or frozen.")


def parse_storage(text: str) -> StorageRead:
    """Return the storage class that ``text`` names, such as "2-8C; protect_from_light".

    Parts are separated by semicolons or commas: one says the temperature, the others are
    flags. Degrees Fahrenheit are taken as the whole degrees Celsius that labels print beside
    them (36-46F is 2-8C).

    Raises:
        UnknownStorageError: no temperature, two that differ, one that fits no class, or words
            it does not know.
    """
    found: set[Storage] = set()
    flags: set[str] = set()
    parts = [_plain(part) for part in re.split(r"[;,]", text)]
    for part in filter(None, parts):
        if flag := _FLAGS.get(part):
            flags.add(flag)
        else:
            found.add(_class_named(part))
    if not found:
        raise UnknownStorageError(
            say("Say at what temperature it is kept. %(advice)s", advice=_ADVICE)
        )
    if len(found) > 1:
        raise UnknownStorageError(
            say("The temperatures contradict each other. %(advice)s", advice=_ADVICE)
        )
    return StorageRead(
        found.pop(),
        keep_dark="keep_dark" in flags,
        keep_dry="keep_dry" in flags,
        flammable="flammable" in flags,
        do_not_freeze="do_not_freeze" in flags,
    )


def class_of(low: Decimal | None, high: Decimal) -> Storage:
    """Return the class of a product kept from ``low`` to ``high`` °C (``low`` None: not said).

    It fits *cold* when it may be anywhere in 2–8 °C. It fits *ambient* when it stands the
    upper end of 15–25 °C and need not be warmer than 20 °C, which rooms are kept at: labels
    say "20-25C" and mean a cupboard. Where no lower end is said, a cupboard is enough and a
    fridge is not promised to be. What stays at or below 0 °C is *frozen*.

    Raises:
        UnknownStorageError: it fits neither, such as 28–33 °C or 2–6 °C.
    """
    if low is not None and low > high:
        raise UnknownStorageError(say("The lower temperature is above the upper one."))
    if high <= 0:
        return Storage.FROZEN
    ambient = high >= 25 and (low is None or low <= 20)
    cold = high >= 8 and (low <= 2 if low is not None else high < 25)
    if cold and ambient:
        return Storage.EITHER
    if cold or ambient:
        return Storage.COLD if cold else Storage.AMBIENT
    raise UnknownStorageError(
        say("No storage class fits this temperature. %(advice)s", advice=_ADVICE)
    )


def to_celsius(degrees: Decimal, unit: str) -> Decimal:
    """Return ``degrees`` in °C; °F ("F") become whole degrees, half away from zero."""
    if unit == "C":
        return degrees
    celsius = (degrees - 32) * 5 / 9
    return celsius.to_integral_value(rounding=ROUND_HALF_UP)


def _plain(part: str) -> str:
    return " ".join(part.replace("_", " ").replace("−", "-").casefold().split())


def _class_named(part: str) -> Storage:
    if named := _NAMED.get(part):
        return named
    if match := _RANGE.fullmatch(part):
        unit = _unit(match["unit"])
        low_unit = _unit(match["low_unit"]) if match["low_unit"] else unit
        return class_of(_degrees(match["low"], low_unit), _degrees(match["high"], unit))
    if match := _AT_MOST.fullmatch(part):
        return class_of(None, _degrees(match["high"], _unit(match["unit"])))
    if match := _EXACT.fullmatch(part):
        exact = _degrees(match["high"], _unit(match["unit"]))
        return class_of(exact, exact)
    raise UnknownStorageError(
        say(
            "“%(words)s” is no storage this catalogue knows. %(advice)s",
            words=part,
            advice=_ADVICE,
        )
    )


def _unit(word: str) -> str:
    return "F" if "f" in word.removeprefix("deg") else "C"


def _degrees(number: str, unit: str) -> Decimal:
    return to_celsius(Decimal(number), unit)
