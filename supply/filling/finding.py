"""Finding what the lines of a list ask for: a SKU, an item's code, a GTIN, a name."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import offered_to
from supply.catalogue.search import products_called
from supply.catalogue.successors import replacements
from supply.db import db
from supply.filling.numbers import Count, Of
from supply.filling.rules import Line, Reading
from supply.items.models import Item, ItemProduct
from supply.text import fold

MOST_CHOICES = 8
"""Products of which one is to be chosen, where a line may mean several."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product that a line may mean, and packs of it: None where a person has to say."""

    product: Product
    packs: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A line with what it may mean: one product, several to choose from, or nothing known.

    ``sure`` says that one is meant. What is ``gone`` was found, and is no longer sold.
    """

    line: Line
    choices: tuple[Wanted, ...] = ()
    sure: bool = False
    gone: tuple[Product, ...] = ()


@dataclass(slots=True)
class _Known:
    """What the catalogue has under the texts of a list, by how they compare."""

    by_code: dict[str, list[Product]] = field(default_factory=lambda: defaultdict(list))
    by_gtin: dict[str, list[ProductGtin]] = field(default_factory=lambda: defaultdict(list))
    gtins: dict[str, str] = field(default_factory=dict)
    """The GTIN that a text is, or that was scanned."""
    instead: dict[int, Product] = field(default_factory=dict)
    """What replaces those that are no longer sold, by their id."""


def match_lines(lines: Sequence[Line], clinic: Clinic, *, today: dt.date) -> list[Match]:
    """Return what each of ``lines`` means to the clinic, in their order.

    A text that is a SKU, an item's code or a GTIN means that; others are looked for as names.
    What replaces a product that is no longer sold is to be chosen, never taken by itself. Three
    statements, one more where something is no longer sold, and one for each name.
    """
    known = _known([r.what for line in lines for r in line.readings], clinic, today)
    found = [_by_code(line, known) for line in lines]
    unknown = [at for at, match in enumerate(found) if not match.choices and not match.gone]
    names = {at: _name_of(lines[at]) for at in unknown}
    texts = dict.fromkeys(reading.what for reading in names.values())
    called = products_called(texts, clinic.practice_id, MOST_CHOICES)
    for at, reading in names.items():
        found[at] = _by_name(lines[at], reading, *called[reading.what])
    return found


def _name_of(line: Line) -> Reading:
    """Return the reading whose text is looked for as a name: the longest that has a count."""
    counted = [reading for reading in line.readings if reading.count is not None]
    return max(counted or line.readings, key=lambda reading: sum(map(str.isalpha, reading.what)))


def _known(texts: Collection[str], clinic: Clinic, today: dt.date) -> _Known:
    known = _Known()
    keys = {fold(text) for text in texts}
    offered = offered_to(clinic.practice_id)
    for product in db.session.scalars(
        sa.select(Product)
        .where(Product.sku_key.in_(keys), offered)
        .options(joinedload(Product.supplier))
        .order_by(Product.id)
    ):
        known.by_code[product.sku_key].append(product)
    for key, product in _of_items(keys, clinic):
        if product not in known.by_code[key]:
            known.by_code[key].append(product)
    scans = ((text, scan(text, today=today).gtin) for text in set(texts) if _may_be_gtin(text))
    known.gtins = {text: gtin for text, gtin in scans if gtin}
    query = (
        sa.select(ProductGtin)
        .join(Product)
        .where(ProductGtin.gtin.in_(set(known.gtins.values())), offered)
        .options(joinedload(ProductGtin.product).joinedload(Product.supplier))
        .order_by(ProductGtin.id)
    )
    for row in db.session.scalars(query):
        known.by_gtin[row.gtin].append(row)
    found = [one for products in known.by_code.values() for one in products]
    found += [row.product for rows in known.by_gtin.values() for row in rows]
    known.instead = replacements(found)
    return known


def _may_be_gtin(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 8


def _of_items(keys: Collection[str], clinic: Clinic) -> Iterable[tuple[str, Product]]:
    """Yield (item's code as it compares, a product it is bought as), the preferred one first."""
    rows = db.session.execute(
        sa.select(Item.code_key, Product)
        .join(ItemProduct, ItemProduct.item_id == Item.id)
        .join(Product, Product.id == ItemProduct.product_id)
        .where(Item.practice_id == clinic.practice_id, Item.code_key.in_(keys))
        .options(joinedload(Product.supplier))
        .order_by(ItemProduct.preferred.desc(), Product.id)
    )
    return [(row[0], row[1]) for row in rows]


def _by_code(line: Line, known: _Known) -> Match:
    """Return the products of the first reading whose text is a code or a GTIN, the whole first."""
    whole = [reading for reading in line.readings if reading.count is None]
    for reading in (*whole, *line.readings):
        gtins = known.by_gtin.get(known.gtins.get(reading.what, ""), ())
        wanted = [_wanted(row.product, reading.count, row.containers) for row in gtins]
        products = known.by_code.get(fold(reading.what), ())
        there = {one.product.id for one in wanted}
        wanted += [_wanted(one, reading.count) for one in products if one.id not in there]
        if wanted:
            return _match(line, wanted, known.instead)
    return Match(line)


def _by_name(line: Line, reading: Reading, found: Sequence[Product], spelled: bool) -> Match:
    same = [one for one in found if fold(one.name) == fold(reading.what)]
    match = _match(line, [_wanted(one, reading.count) for one in same or found])
    return match if spelled or same else replace(match, sure=False)


def _match(
    line: Line, wanted: Iterable[Wanted], instead: Mapping[int, Product] = MappingProxyType({})
) -> Match:
    every = list(wanted)
    sold = tuple(one for one in every if one.product.withdrawn_at is None)
    if sold:
        return Match(line, sold, len(sold) == 1)
    new = {
        instead[one.product.id].id: _replaced(one, instead[one.product.id])
        for one in every
        if one.product.id in instead
    }
    return Match(line, tuple(new.values()), gone=tuple(one.product for one in every))


def _replaced(old: Wanted, new: Product) -> Wanted:
    """Return what replaces a product: as many packs, where they hold as much."""
    note = _("%(name)s is no longer sold; this replaces it.", name=old.product.name)
    same = old.product.containers_per_pack == new.containers_per_pack
    return Wanted(new, old.packs if same else None, str(note))


def _wanted(product: Product, count: Count | None, containers: int | None = None) -> Wanted:
    """Return packs of a product for a count; ``containers`` are those under the GTIN scanned."""
    if count is None:
        return Wanted(product, 1, _("The list does not say how many: one pack."))
    if count.number is None:
        return Wanted(product, None, str(count.doubt))
    pack = product.containers_per_pack
    if count.of is Of.PIECES and pack > 1:
        said = _("Packs, or single pieces? A pack has %(pack)d: say how many packs.", pack=pack)
        return Wanted(product, None, said)
    if count.of is Of.CONTAINERS:
        return _of_containers(product, count.number)
    if containers is not None and containers != pack:
        return _of_containers(product, count.number * containers)
    return Wanted(product, count.number)


def _of_containers(product: Product, number: int) -> Wanted:
    packs, rest = divmod(number, product.containers_per_pack)
    if rest:
        text = ngettext(
            "%(num)d container is no whole number of packs; a pack has %(pack)d.",
            "%(num)d containers are no whole number of packs; a pack has %(pack)d.",
            number,
            pack=product.containers_per_pack,
        )
        return Wanted(product, None, str(text))
    text = ngettext(
        "%(num)d container; a pack has %(pack)d.",
        "%(num)d containers; a pack has %(pack)d.",
        number,
        pack=product.containers_per_pack,
    )
    return Wanted(product, packs, str(text))
