"""The demonstration's data files, which come with the package."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from importlib.resources import files

from supply.tables import write_csv

FORMULATIONS = "formulations.csv"
PROTOCOLS = "protocols.csv"
POUND_PRICES = "prices-gbp.csv"
PRICE_BREAKS = "price-breaks.csv"


def content(name: str) -> bytes:
    """Return the file ``name`` of ``supply/demo/data``."""
    return files("supply.demo").joinpath("data", name).read_bytes()


def catalogue_name(supplier: str) -> str:
    """Return the name of the catalogue file of ``supplier`` ("injectables")."""
    return f"catalogue-{supplier}.csv"


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of the file ``name`` by column."""
    yield from csv.DictReader(io.StringIO(content(name).decode("utf-8")))


def catalogue_in(currency: str, supplier: str) -> bytes:
    """Return the catalogue of ``supplier`` with prices in euros ("EUR") or pounds ("GBP").

    A catalogue file has one currency to a row; a second import adds the second price.
    """
    return content(catalogue_name(supplier)) if currency == "EUR" else _in_pounds(supplier)


def _in_pounds(supplier: str) -> bytes:
    pounds = {row["sku"]: row["price"] for row in rows(POUND_PRICES) if row["supplier"] == supplier}
    priced = [
        row | {"price": pounds[row["sku"]], "currency": "GBP"}
        for row in rows(catalogue_name(supplier))
    ]
    columns = tuple(priced[0])
    return write_csv(columns, [tuple(row.values()) for row in priced]).encode("utf-8")
