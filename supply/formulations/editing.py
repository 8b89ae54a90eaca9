"""Lines as a person types them in the editor, what its buttons do, and reading them back."""

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
from supply.formulations.goods import Good
from supply.formulations.models import FormulationVersion
from supply.formulations.rules import LineDraft, SubstituteDraft
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.items.services import items_for_codes
from supply.quantity import ZERO, InvalidQuantityError, Unit
from supply.refusals import InvalidInput
from supply.text import whole
from supply.web.numbers import read_quantity, typed

MOST_LINES = 60
"""Lines one formulation may have, and stand-ins one line."""

Form = MultiDict[str, str]


@dataclass(slots=True)
class TypedSubstitute:
    """What may stand in for a line, as typed."""

    code: str = ""
    quantity: str = ""


@dataclass(slots=True)
class TypedLine:
    """A line of the editor: what stands in its fields, and what is wrong with them by field."""

    code: str = ""
    quantity: str = ""
    per: str = Per.SESSION.value
    optional: bool = False
    dead_space: str = ""
    substitutes: list[TypedSubstitute] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def codes(self) -> set[str]:
        """The codes of its item and of what may stand in for it."""
        return {self.code, *(other.code for other in self.substitutes)} - {""}

    @property
    def has_more(self) -> bool:
        """Whether anything beyond item and quantity is said, or wrong."""
        more = self.substitutes or self.dead_space or self.optional or self.per == Per.AREA
        return bool(more) or bool(self.errors.keys() - {"code", "quantity"})


def typed_lines(form: Form) -> list[TypedLine]:
    """Return the lines of a submitted editor in order, without those that name nothing."""
    count = min(form.get("count", 0, type=int), MOST_LINES)
    lines = [_typed_line(form, f"lines-{index}-") for index in range(count)]
    return [line for line in lines if line.code or line.quantity or line.substitutes]


def _typed_line(form: Form, prefix: str) -> TypedLine:
    def text(name: str) -> str:
        return form.get(f"{prefix}{name}", "").replace("\x00", "").strip()[:500]

    stand_ins = min(form.get(f"{prefix}substitutes", 0, type=int), MOST_LINES)
    substitutes = [
        TypedSubstitute(text(f"substitutes-{place}-code"), text(f"substitutes-{place}-quantity"))
        for place in range(stand_ins)
    ]
    return TypedLine(
        code=text("code"),
        quantity=text("quantity"),
        per=text("per") or Per.SESSION.value,
        optional=bool(text("optional")),
        dead_space=text("dead_space"),
        substitutes=[other for other in substitutes if other.code],
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
            substitutes=[
                TypedSubstitute(other.item.code, typed(other.quantity))
                for other in line.substitutes
            ],
        )
        for line in version.lines
    ]


@dataclass(slots=True)
class Edit:
    """What a button did: the lines then, the one to look at, and what a search is for.

    ``stand_in_for`` is the line that what is found next may stand in for; None adds lines.
    """

    lines: list[TypedLine]
    at: int | None = None
    stand_in_for: int | None = None


EDITS = ("add", "remove", "up", "down", "stand", "unstand")
"""The buttons that change what is shown and save nothing; the value says which line or item."""


def is_edit(form: Form) -> bool:
    """Return whether a button was pressed that saves nothing."""
    return form.get("do") in ("find", "add") or any(name in form for name in EDITS)


def edited(form: Form, goods: Mapping[str, Good]) -> Edit:
    """Return what is typed after the button that was pressed; ``goods`` has what may be added."""
    edit = Edit(typed_lines(form))
    edit.stand_in_for = _place(form.get("stand_in_for", ""), edit.lines)
    if "add" in form:
        _add(edit, goods.get(form["add"]))
    elif "stand" in form:
        edit.stand_in_for = _place(form["stand"], edit.lines)
    elif "unstand" in form:
        line, _dash, stand_in = form["unstand"].partition("-")
        edit.at = _take_off(edit.lines, whole(line), whole(stand_in))
    for name, step in (("remove", 0), ("up", -1), ("down", 1)):
        place = _place(form.get(name, ""), edit.lines)
        if place is not None:
            edit.at = _shift(edit.lines, place, step)
            edit.stand_in_for = None
    return edit


def _place(text: str, lines: Sequence[TypedLine]) -> int | None:
    place = whole(text)
    return place if place is not None and place < len(lines) else None


def _add(edit: Edit, good: Good | None) -> None:
    if good is None:
        return
    amount = typed(good.usual_quantity)
    if edit.stand_in_for is not None:
        line = edit.lines[edit.stand_in_for]
        if good.code not in line.codes:
            line.substitutes.append(TypedSubstitute(good.code, amount))
        edit.at, edit.stand_in_for = edit.stand_in_for, None
        return
    there = [index for index, line in enumerate(edit.lines) if line.code == good.code]
    if not there and len(edit.lines) < MOST_LINES:
        edit.lines.append(TypedLine(good.code, amount))
    edit.at = there[0] if there else len(edit.lines) - 1


def _take_off(lines: Sequence[TypedLine], line: int | None, stand_in: int | None) -> int | None:
    if line is None or stand_in is None or line >= len(lines):
        return None
    if stand_in < len(lines[line].substitutes):
        del lines[line].substitutes[stand_in]
    return line


def _shift(lines: list[TypedLine], place: int, step: int) -> int | None:
    """Take a line off (no ``step``) or let it change places; return where it is then."""
    line = lines.pop(place)
    if not step:
        return None
    there = min(max(place + step, 0), len(lines))
    lines.insert(there, line)
    return there


def read_lines(
    practice_id: int, lines: Sequence[TypedLine], *, now: dt.datetime
) -> list[LineDraft]:
    """Return the drafts that ``lines`` describe.

    Items are made from products of the same SKU where the practice has none yet.

    Raises:
        InvalidInput: each fault under ``lines-<index>-<field>``, by the index in ``lines``.
    """
    codes = {code for line in lines for code in line.codes}
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


def _draft(
    index: int,
    line: TypedLine,
    items: Mapping[str, Item],
    faults: list[tuple[str, str]],
) -> LineDraft | None:
    item = items.get(line.code)
    if item is None:
        message = _("Nobody has this any more: take it off, and add something else.")
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
    for other in line.substitutes:
        item = items.get(other.code)
        if item is None:
            message = _("Nobody has what stands in any more: take it off.")
            faults.append((f"lines-{index}-substitutes", message))
            continue
        quantity = _read(other.quantity, item.unit, (index, "substitutes"), faults)
        drafts.append(SubstituteDraft(item.id, item.unit, quantity))
    return tuple(drafts)


def _read(text: str, unit: Unit, place: tuple[int, str], faults: list[tuple[str, str]]) -> Decimal:
    try:
        return read_quantity(text, unit)
    except InvalidQuantityError as error:
        faults.append((f"lines-{place[0]}-{place[1]}", str(error)))
        return ZERO


def amount_of(text: str, unit: Unit) -> Decimal | None:
    """Return a quantity as far as it can be read; None while it cannot."""
    try:
        return read_quantity(text, unit)
    except InvalidQuantityError:
        return None
