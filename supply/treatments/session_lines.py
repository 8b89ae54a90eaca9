"""A session's lines: what the recipe says, with what a person changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from flask_babel import gettext as _

from supply.formulations.recipes import Recipe, RecipeLine
from supply.inventory import drawing, lookalikes
from supply.inventory.wanted import lots_named, used_items
from supply.items.services import items_for_codes
from supply.quantity import ZERO, InvalidQuantityError, check
from supply.refusals import InvalidInput


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a person says of a session.

    ``amounts`` maps item codes to what was given in the base unit: None leaves the
    formulation's line out, a code outside the formulation is added, any other line is as
    the formulation says. ``lots`` maps item codes to the lot number a person picked instead
    of the first to expire; ``reasons`` says why a line differs. ``overrides`` maps the keys of
    warnings to why the person goes on.
    """

    formulation: str
    patient_reference: str
    occurred_at: dt.datetime | None = None
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    lots: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, str] = field(default_factory=dict)
    areas: int = 1
    planned_session: int | None = None
    key: str | None = None


class Line(NamedTuple):
    """One item of a session: as the formulation says (zero if added), and as given."""

    item: drawing.UsedItem
    planned: Decimal
    given: Decimal
    dead_space: Decimal
    lot_id: int | None
    reason: str | None


def lines_of(
    recipe: Recipe, clinic_id: int, request: SessionRequest, now: dt.datetime | None
) -> list[Line]:
    """Return the recipe's lines with the request's changes.

    What is left out stays away, unless a reason is given for that: it is kept with nothing given.
    Items are made where first needed, at ``now``; without one nothing is made.

    Raises:
        InvalidInput: an unknown item or lot, a bad amount, or nothing left to record.
    """
    if request.areas < 1:
        raise InvalidInput(("areas", _("Enter one area or more.")))
    lots = _picked_lots(recipe, request)
    kept = [line for line in recipe.lines if not _left_out(line, request)]
    lines = [_line(line, request, lots) for line in kept]
    lines += _added(recipe, clinic_id, request, lots, now)
    if not lines:
        raise InvalidInput(("amounts", _("Nothing is left to record: keep at least one line.")))
    return lines + [
        _line_without(line, request)
        for line in recipe.lines
        if _left_out(line, request) and line.item.code in request.reasons
    ]


def needs(lines: Sequence[Line]) -> list[drawing.Need]:
    """Return what ``lines`` take off the shelves; what is named with nothing given takes none."""
    return [
        drawing.Need(line.item, line.given + line.dead_space, line.lot_id, line.dead_space)
        for line in lines
        if line.given > 0
    ]


def _left_out(line: RecipeLine, request: SessionRequest) -> bool:
    code = line.item.code
    return code in request.amounts and request.amounts[code] is None


def _line(line: RecipeLine, request: SessionRequest, lots: Mapping[str, int]) -> Line:
    item = line.item
    planned = line.planned(request.areas)
    said = request.amounts.get(item.code)
    return Line(
        item=item,
        planned=planned,
        given=planned if said is None else _amount(item, said),
        dead_space=line.dead_space,
        lot_id=lots.get(item.code),
        reason=request.reasons.get(item.code),
    )


def _line_without(line: RecipeLine, request: SessionRequest) -> Line:
    """Return a line left out, for why: nothing of it is given."""
    planned = line.planned(request.areas)
    return Line(line.item, planned, ZERO, ZERO, None, request.reasons[line.item.code])


def _amount(item: drawing.UsedItem, said: Decimal) -> Decimal:
    try:
        return check(said, item.unit)
    except InvalidQuantityError as error:
        raise InvalidInput((f"amounts.{item.code}", f"{item.name}: {error}")) from error


def _added(
    recipe: Recipe,
    clinic_id: int,
    request: SessionRequest,
    lots: Mapping[str, int],
    now: dt.datetime | None,
) -> list[Line]:
    """Return lines for the amounts whose items the formulation does not have."""
    known = {line.item.code for line in recipe.lines}
    extra = {
        code: said
        for code, said in request.amounts.items()
        if code not in known and said is not None
    }
    if not extra:
        return []
    if now is not None:
        items_for_codes(recipe.practice_id, extra, now=now)
    return [
        Line(
            item=item,
            planned=ZERO,
            given=_amount(item, extra[item.code]),
            dead_space=ZERO,
            lot_id=lots.get(item.code),
            reason=request.reasons.get(item.code),
        )
        for item in used_items(recipe.practice_id, clinic_id, extra)
    ]


def _picked_lots(recipe: Recipe, request: SessionRequest) -> dict[str, int]:
    """Return the lot id for each item code whose lot a person picked."""
    if not request.lots:
        return {}
    picked = lots_named(recipe.practice_id, request.lots)
    known = {line.item.code: line.item for line in recipe.lines}
    faults = []
    for code, number in request.lots.items():
        item = known.get(code)
        item_id, name = (item.id, item.name) if item else (None, code)
        if code not in picked:
            faults.append((f"lots.{code}", lookalikes.no_such_lot(item_id, name, number)))
    if faults:
        raise InvalidInput(*faults)
    return picked
