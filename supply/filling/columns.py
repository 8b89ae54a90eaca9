"""The columns of a pasted list: what parts its cells, and what its headings say. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from supply.text import code, search_key

Columns = tuple[str, ...]
"""What stands in each: ``code``, ``gtin``, ``name``, ``count``, or "" for anything else."""

_HEADINGS = {
    "code": """sku code art artnr artikel artikelnr artikelnummer article articlenumber itemcode
        itemno itemnumber number nummer numero ref reference referenz refs productcode produktcode
        catno catalogueno codeproduit codearticle bestellnummer bestellnr""",
    "gtin": "gtin ean barcode ean13 upc pzn strichcode codebarres",
    "name": """name product produkt produit item bezeichnung designation description beschreibung
        libelle productname artikelname artikelbezeichnung descrizione nombre descripcion""",
    "count": """qty quantity menge anzahl qte quantite packs pack packungen count bestellmenge
        orderqty amount stuck stk boxes boites order bestellung commande ordered cantidad quantita
        nombredepaquets qtyordered orderquantity packsordered qtypacks quantitypacks""",
    "": """pos position no nr line zeile ligne price preis prix unitprice einzelpreis packprice
        total summe gesamt unit einheit unite supplier lieferant fournisseur currency wahrung
        devise vat mwst tva comment note notiz remarque category lot expiry manufacturer
        hersteller fabricant linetotal packprix packpreis size grosse""",
}
_ROLE = {word: role for role, words in _HEADINGS.items() for word in words.split()}


def columns_of(row: str) -> Columns | None:
    """Return what the columns are if ``row`` is one of headings; None if it is not.

    It is one if every cell, or word where nothing else parts them, is a heading, and one of them
    says what the rows are about.
    """
    for cells in (cells_of(row, ()), code(row).split()):
        roles = [_ROLE.get(_heading(cell)) for cell in cells]
        known = [role for role in roles if role is not None]
        if len(known) == len(cells) and len(cells) > 1 and {"code", "gtin", "name"} & set(known):
            return tuple(known)
    return None


def _heading(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", search_key(re.sub(r"\([^)]*\)|\[[^\]]*\]", "", cell)))


def cells_of(row: str, columns: Columns | None) -> list[str]:
    """Return the cells of a row: parted by tabs, bars, semicolons, or commas where they part.

    Below headings (``columns`` is not None) a comma always parts.
    """
    for sign in ("\t", ";", "|"):
        if sign in row:
            return _cells(_parted(row, sign))
    if '"' in row or (columns is not None and "," in row):
        cells = _cells(_parted(row, ","))
        if len(cells) > 1:
            return cells
    cells = _cells(re.split(r"\s*,\s+", row))
    return cells if len(cells) > 1 and _is_number(cells[-1]) else _cells([row])


def _parted(row: str, sign: str) -> Sequence[str]:
    try:
        return next(csv.reader([row], delimiter=sign, skipinitialspace=True), [row])
    except csv.Error:
        return row.split(sign)


def _cells(parts: Sequence[str]) -> list[str]:
    """Return cells without what only stands around them; empty ones at either end are none."""
    cells = [code(part.replace("“", "").replace("”", "")) for part in parts]
    while cells and not cells[-1]:
        cells.pop()
    while cells and not cells[0]:
        cells.pop(0)
    return cells


def _is_number(cell: str) -> bool:
    return bool(re.fullmatch(r"(?:[xX*]\s*)?\d+(?:[.,]\d+)?\s*[^\W\d_]*\.?", cell))
