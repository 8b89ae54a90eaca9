"""Boxes scanned while a recall is written: each names its product, and its lot if it says one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _

from supply.catalogue.barcodes import Scan, scan
from supply.inventory.labels import is_code, problem_with
from supply.refusals import InvalidInput


def read_codes(
    products: Sequence[str], lots: Sequence[str], today: dt.date
) -> tuple[list[str], list[str]]:
    """Return products and lots as listed, with what each code says in place of the code.

    Raises:
        InvalidInput: a code that is not read for sure; a lot misread would recall another.
    """
    named: list[str] = []
    numbers: list[str] = []
    for field, listed in (("products", products), ("lots", lots)):
        for text in listed:
            read = scan(text, today=today)
            if fault := problem_with(text, read):
                raise InvalidInput((field, fault))
            if read.gtin is None or not is_code(text, read):
                (named if field == "products" else numbers).append(text)
                continue
            _check(field, read)
            named.append(read.gtin)
            if read.lot is not None:
                numbers.append(read.lot)
    return list(dict.fromkeys(named)), list(dict.fromkeys(numbers))


def _check(field: str, read: Scan) -> None:
    if read.problems:
        raise InvalidInput((field, read.problems[0].message))
    if field == "lots" and read.lot is None:
        message = _("This code names the product, but no lot. Enter the lot printed on the box.")
        raise InvalidInput((field, message))
