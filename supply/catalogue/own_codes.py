"""Codes on labels of our own: fields of GS1, with what is only ours in those for internal use.

Field (91) begins with a mark and names an item of the practice, a location or a paper such as a
shipment's label; (92) is a lot number that field (10) cannot hold. Others use these fields too:
without the mark they say nothing to us.
"""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import quote, unquote

from supply.catalogue.rules import is_gtin
from supply.documents.matrix import Code

ITEM, PLACE, LOT, PAPER = "SI:", "SP:", "SL:", "SS:"
"""What our fields begin with."""

_PARTS = (
    ("91", ITEM, "item"),
    ("91", PLACE, "place"),
    ("91", PAPER, "paper"),
    ("92", LOT, "lot"),
)

LONGEST = 90
"""Characters that the fields for internal use hold."""

_PLAIN = "!\"&'*+,-./:;<=>?_"
"""What GS1 allows and stands for itself; parentheses part the fields of the printed form."""

_IN_LOT = re.compile(r"[!\"%&'*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")


def of_lot(item: str, lot: str, expiry: dt.date | None, gtin: str | None) -> Code:
    """Return the code of a lot: by its GTIN, else by the practice's own code of the item.

    The lot stands last: a scanner that loses the separators spoils a number that is looked up, and
    never the lot. What is too long for a code names less, and nothing wrong.
    """
    fits = _IN_LOT.fullmatch(lot) is not None
    number = f"(10){lot}" if fits else _ours("92", LOT, lot)
    until = f"(17){expiry:%y%m%d}" if expiry else ""
    if gtin is not None and is_gtin(gtin):
        return Code(f"(01){gtin}{until}{number}", gs1=True)
    return Code(f"{until}{_ours('91', ITEM, item)}{number}", gs1=True)


def of_place(clinic: str, location_id: int) -> Code:
    """Return the code of a location of a clinic."""
    return Code(_ours("91", PLACE, f"{clinic}/{location_id}"), gs1=True)


def of_paper(code: str, order: str) -> Code:
    """Return the code of what goes along with goods, by ``code``; (400) is the clinic's order."""
    return Code(f"{_ours('91', PAPER, code)}(400){order}", gs1=True)


def _ours(field: str, mark: str, said: str) -> str:
    value = mark + quote(said, safe=_PLAIN)
    return f"({field}){value}" if len(value) <= LONGEST else ""


def said_by(field: str, value: str) -> tuple[str, str] | None:
    """Return which part of a scan one of our fields is, and what it says; None for another's."""
    for known, mark, part in _PARTS:
        if field == known and value.startswith(mark) and len(value) > len(mark):
            return part, unquote(value.removeprefix(mark))
    return None
