"""Lines as a person types them in the editor, and reading them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.db import db
from supply.formulations.models import FormulationVersion
from supply.formulations.rules import LineDraft, SubstituteDraft
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.items.services import items_for_codes
from supply.quantity import ZERO, InvalidQuantityError, Unit
from supply.refusals import InvalidInput
from supply.web.numbers import read_quantity, typed

MOST_LINES = 60
"""Lines one formulation may have."""


@dataclass(slots=True)
class TypedLine:
    """A line of the editor: what stands in its fields, and what is wrong with them by field."""

    code: str = ""
    quantity: str = ""
    per: str = Per.SESSION.value
    optional: bool = False
    dead_space: str = ""
    substitutes: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def blank(self) -> bool:
        """Whether nothing was typed in the line."""
        return not (self.code or self.quantity or self.substitutes)


def typed_lines(form: MultiDict[str, str]) -> list[TypedLine]:
    """Return the lines of a submitted editor in order, without those left blank."""
    count = min(form.get("count", 0, type=int), MOST_LINES)
    lines = [_typed_line(form, f"lines-{index}-") for index in range(count)]
    return [line for line in lines if not line.blank]


def _typed_line(form: MultiDict[str, str], prefix: str) -> TypedLine:
    def text(name: str) -> str:
        return form.get(f"{prefix}{name}", "").replace("\x00", "").strip()[:500]

    return TypedLine(
        code=text("code"),
        quantity=text("quantity"),
        per=text("per"),
        optional=bool(text("optional")),
        dead_space=text("dead_space"),
        substitutes=text("substitutes"),
    )


def lines_of(version: FormulationVersion) -> list[TypedLine]:
    """Return a version's lines as the editor shows them."""
    return [
        TypedLine(
            code=line.item.code,
            quantity=typed(line.quantity),
            per=line.per,
            optional=line.optional,
            dead_space=typed(line.dead_space) if line.dead_space else "",
            substitutes=", ".join(
                f"{other.item.code} {typed(other.quantity)}" for other in line.substitutes
            ),
        )
        for line in version.lines
    ]


def read_lines(
    practice_id: int, lines: Sequence[TypedLine], *, now: dt.datetime
) -> list[LineDraft]:
    """Return the drafts that ``lines`` describe.

    Items are made from products of the same SKU where the practice has none yet.

    Raises:
        InvalidInput: each fault under ``lines-<index>-<field>``, by the index in ``lines``.
    """
    codes = {code for line in lines for code in _codes(line)}
    known = known_codes(practice_id, codes)
    items = items_for_codes(practice_id, sorted(known), now=now)
    faults: list[tuple[str, str]] = []
    drafts = [
        draft
        for index, line in enumerate(lines)
        if (draft := _draft(index, line, items, faults)) is not None
    ]
    if faults:
        raise InvalidInput(*faults)
    return drafts


_FIELDS = {"item": "code", "substitute": "substitutes"}


def show_faults(lines: Sequence[TypedLine], refusal: InvalidInput) -> list[tuple[str, str]]:
    """Put each fault beside the field of its line; return those that belong to no line."""
    others: list[tuple[str, str]] = []
    for name, message in refusal.errors:
        kind, _dash, rest = name.partition("-")
        index, _dash, field_name = rest.partition("-")
        if kind == "lines" and index:
            lines[int(index)].errors[_FIELDS.get(field_name, field_name)] = message
        else:
            others.append((name, message))
    return others


def known_codes(practice_id: int, codes: Iterable[str]) -> set[str]:
    """Return those of ``codes`` that an item of the practice, or a product on sale, has."""
    wanted = sorted(codes)
    items = sa.select(Item.code).where(Item.practice_id == practice_id, Item.code.in_(wanted))
    products = sa.select(Product.sku).where(
        Product.sku.in_(wanted), Product.withdrawn_at.is_(None), offered_to(practice_id)
    )
    return set(db.session.scalars(items)) | set(db.session.scalars(products))


def _codes(line: TypedLine) -> set[str]:
    return {line.code, *(code for code, _amount in _pairs(line.substitutes))} - {""}


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return (code, quantity) of "CODE 2, OTHER 1.5"; the quantity is the last word."""
    pairs: list[tuple[str, str]] = []
    for part in text.split(","):
        code, _space, amount = part.strip().rpartition(" ")
        if part.strip():
            pairs.append((code.strip() or amount, amount if code else ""))
    return pairs


def _draft(
    index: int,
    line: TypedLine,
    items: Mapping[str, Item],
    faults: list[tuple[str, str]],
) -> LineDraft | None:
    item = items.get(line.code)
    if item is None:
        message = _("Neither your items nor a catalogue has this SKU.")
        faults.append((f"lines-{index}-code", message))
        return None
    before = len(faults)
    quantity = _read(line.quantity, item.unit, (index, "quantity"), faults)
    dead_space = ZERO
    if line.dead_space:
        dead_space = _read(line.dead_space, item.unit, (index, "dead_space"), faults)
    substitutes = _substitutes(index, line, items, faults)
    if len(faults) > before:
        return None
    return LineDraft(
        item_id=item.id,
        unit=item.unit,
        quantity=quantity,
        per=Per.AREA if line.per == Per.AREA else Per.SESSION,
        optional=line.optional,
        dead_space=dead_space,
        substitutes=substitutes,
    )


def _substitutes(
    index: int, line: TypedLine, items: Mapping[str, Item], faults: list[tuple[str, str]]
) -> tuple[SubstituteDraft, ...]:
    drafts = []
    for code, amount in _pairs(line.substitutes):
        item = items.get(code)
        if item is None:
            message = _("Write each as its SKU and quantity, such as HA-10-V5x5 2.")
            faults.append((f"lines-{index}-substitutes", message))
            continue
        quantity = _read(amount, item.unit, (index, "substitutes"), faults)
        drafts.append(SubstituteDraft(item.id, item.unit, quantity))
    return tuple(drafts)


def _read(text: str, unit: Unit, place: tuple[int, str], faults: list[tuple[str, str]]) -> Decimal:
    try:
        return read_quantity(text, unit)
    except InvalidQuantityError as error:
        faults.append((f"lines-{place[0]}-{place[1]}", str(error)))
        return ZERO
