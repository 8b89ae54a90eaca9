"""Importing formulations from a file of lines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import quantity
from supply.accounts.models import Practice
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.db import db
from supply.formulations import services
from supply.formulations.models import Formulation
from supply.formulations.rules import LineDraft, SubstituteDraft, line_faults
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.items.services import items_for_codes
from supply.quantity import ZERO, Unit
from supply.tables import (
    Fault,
    FaultyTable,
    Kind,
    Row,
    Table,
    read_table,
    stop_at_many,
    twin_faults,
)
from supply.text import fold

REQUIRED = ("formulation", "sku", "quantity", "unit", "substitute_for")
OPTIONAL = ("per", "optional", "dead_space")
KINDS = {
    "formulation": Kind.CODE,
    "sku": Kind.CODE,
    "quantity": Kind.NUMBER,
    "substitute_for": Kind.CODE,
    "optional": Kind.FLAG,
    "dead_space": Kind.NUMBER,
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Naming:
    """What the protocols' file calls a formulation, and what it is for."""

    name: str
    concern: str


@dataclass(frozen=True, slots=True)
class ImportedFormulations:
    """How many formulations a file added, gave a new version, and left as they were."""

    added: int
    changed: int
    unchanged: int


@dataclass(slots=True)
class _Line:
    row: Row
    sku: str
    amounts: dict[str, Decimal] = field(default_factory=dict)
    substitutes: list[_Line] = field(default_factory=list)


def read_formulations(content: bytes, filename: str) -> Table:
    """Return the rows of a file of formulations; call it before the transaction begins.

    Raises:
        FaultyTable: see :func:`supply.tables.read_table`.
    """
    return read_table(content, filename, REQUIRED, OPTIONAL, KINDS)


def import_formulations(
    table: Table,
    practice: Practice,
    namings: Mapping[str, Naming],
    *,
    actor: Actor,
    now: dt.datetime,
) -> ImportedFormulations:
    """Take formulations, one line a row, all rows or none.

    A formulation on file gets a new version only where its lines differ; those the file does
    not name stay. Items are made from products of the same SKU as needed. A formulation takes
    its name and concern from ``namings``; without one a new formulation is called by its code.

    Raises:
        FaultyTable: with every fault found, by row and column.
    """
    faults = [*_shape_faults(table), *_twins(table, practice.id)]
    skus = {row["sku"] for row in table.rows if row["sku"]}
    units = _units_by_code(practice.id, skus)
    recipes = _recipes(table, units, faults)
    drafts: dict[str, list[LineDraft]] = {}
    if not faults:
        items = items_for_codes(practice.id, sorted(skus), now=now)
        drafts = {code: _drafts(lines, items) for code, lines in recipes.items()}
        for code, lines in drafts.items():
            faults += _draft_faults(recipes[code], lines)
    if faults:
        raise FaultyTable(faults, table.filename)
    return _write(practice.id, drafts, namings, actor, now)


def _twins(table: Table, practice_id: int) -> Iterable[Fault]:
    codes = [(row.number, row["formulation"]) for row in table.rows if row["formulation"]]
    known = sa.select(Formulation.code).where(
        Formulation.practice_id == practice_id,
        Formulation.code_key.in_({fold(code) for _row, code in codes}),
    )
    return twin_faults("formulation", codes, db.session.scalars(known))


def _shape_faults(table: Table) -> Iterable[Fault]:
    for row in table.rows:
        for column in ("formulation", "sku"):
            if not row[column]:
                yield Fault(row.number, column, _("This cell is empty."))
        if row["formulation"] and (message := services.code_fault(row["formulation"])):
            yield Fault(row.number, "formulation", message)


def _units_by_code(practice_id: int, skus: Iterable[str]) -> dict[str, Unit]:
    """Return the base unit of each code that an item, or else a product, has."""
    codes = sorted(skus)
    products = sa.select(Product.sku, Product.unit).where(
        Product.sku.in_(codes), Product.withdrawn_at.is_(None), offered_to(practice_id)
    )
    units: dict[str, Unit] = {
        row.sku: row.unit for row in db.session.execute(products.order_by(Product.id.desc()))
    }
    items = sa.select(Item.code, Item.unit).where(
        Item.practice_id == practice_id, Item.code.in_(codes)
    )
    units |= {row.code: row.unit for row in db.session.execute(items)}
    return units


def _recipes(
    table: Table, units: Mapping[str, Unit], faults: list[Fault]
) -> dict[str, list[_Line]]:
    """Return the lines of each formulation, in file order, with their substitutes."""
    recipes: dict[str, list[_Line]] = {}
    waiting: list[tuple[_Line, Row]] = []
    for row in table.rows:
        line = _line(row, units, faults)
        stop_at_many(faults, table.filename)
        if row["substitute_for"]:
            waiting.append((line, row))
        else:
            recipes.setdefault(row["formulation"], []).append(line)
    for line, row in waiting:
        lines = recipes.get(row["formulation"], [])
        replaced = next((other for other in lines if other.sku == row["substitute_for"]), None)
        if replaced is None:
            message = _("This formulation has no line with that SKU.")
            faults.append(Fault(row.number, "substitute_for", message))
        else:
            replaced.substitutes.append(line)
    return recipes


def _line(row: Row, units: Mapping[str, Unit], faults: list[Fault]) -> _Line:
    line = _Line(row, row["sku"])
    unit = units.get(row["sku"])
    if unit is None:
        if row["sku"]:
            message = _("Neither your items nor a catalogue has this SKU.")
            faults.append(Fault(row.number, "sku", message))
        return line
    if row["unit"].casefold() != unit:
        faults.append(Fault(row.number, "unit", _("This item is kept in %(unit)s.", unit=unit)))
        return line
    line.amounts["quantity"] = _take(row, "quantity", faults, _amount(unit)) or ZERO
    dead = _take(row, "dead_space", faults, _amount(unit, blank=ZERO))
    line.amounts["dead_space"] = dead or ZERO
    _take(row, "per", faults, _per)
    _take(row, "optional", faults, _yes_or_no)
    return line


def _amount(unit: Unit, blank: Decimal | None = None) -> Callable[[str], Decimal]:
    def read(cell: str) -> Decimal:
        if not cell and blank is not None:
            return blank
        return quantity.parse(cell, unit, allow_zero=blank is not None)

    return read


def _take(row: Row, column: str, faults: list[Fault], parse: Callable[[str], T]) -> T | None:
    try:
        return parse(row[column])
    except ValueError as error:
        faults.append(Fault(row.number, column, str(error)))
        return None


def _per(cell: str) -> Per:
    try:
        return Per(cell.casefold() or Per.SESSION)
    except ValueError as error:
        raise ValueError(_("Enter session or area.")) from error


def _yes_or_no(cell: str) -> bool:
    word = cell.casefold()
    if word not in ("", "yes", "no", "true", "false", "1", "0"):
        raise ValueError(_("Enter yes or no."))
    return word in ("yes", "true", "1")


def _drafts(lines: Sequence[_Line], items: Mapping[str, Item]) -> list[LineDraft]:
    return [
        LineDraft(
            item_id=items[line.sku].id,
            unit=items[line.sku].unit,
            quantity=line.amounts["quantity"],
            per=_per(line.row["per"]),
            optional=_yes_or_no(line.row["optional"]),
            dead_space=line.amounts["dead_space"],
            substitutes=tuple(
                SubstituteDraft(
                    items[other.sku].id, items[other.sku].unit, other.amounts["quantity"]
                )
                for other in line.substitutes
            ),
        )
        for line in lines
    ]


_COLUMN_OF_FIELD = {"item": "sku", "substitute": "substitute_for"}


def _draft_faults(lines: Sequence[_Line], drafts: Sequence[LineDraft]) -> Iterable[Fault]:
    for index, name, message in line_faults(drafts):
        yield Fault(lines[index].row.number, _COLUMN_OF_FIELD.get(name, name), message)


def _write(
    practice_id: int,
    drafts: Mapping[str, Sequence[LineDraft]],
    namings: Mapping[str, Naming],
    actor: Actor,
    now: dt.datetime,
) -> ImportedFormulations:
    on_file = {
        formulation.code: formulation
        for formulation in db.session.scalars(
            sa.select(Formulation).where(
                Formulation.practice_id == practice_id, Formulation.code.in_(drafts)
            )
        )
    }
    counts: dict[str, int] = {"added": 0, "changed": 0, "unchanged": 0}
    for code, lines in drafts.items():
        counts[_write_one(practice_id, code, on_file.get(code), lines, namings, actor, now)] += 1
    return ImportedFormulations(**counts)


def _write_one(
    practice_id: int,
    code: str,
    found: Formulation | None,
    lines: Sequence[LineDraft],
    namings: Mapping[str, Naming],
    actor: Actor,
    now: dt.datetime,
) -> str:
    who: dict[str, Any] = {"actor": actor, "now": now}
    naming = namings.get(code)
    if found is None:
        given = asdict(naming) if naming else {"name": code}
        services.create_formulation(practice_id, code=code, lines=lines, **given, **who)
        return "added"
    if naming:
        services.rename(found, name=naming.name, concern=naming.concern, **who)
    return "changed" if services.add_version(found, lines, **who) else "unchanged"
