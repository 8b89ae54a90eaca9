"""What a person has put together on the Use page: the recipe, with what they changed.

Everything typed is kept as typed, so that a page with errors shows it again. The fields of a
line carry its item's id: ``amount-7``, ``out-7``, ``lot-7``, ``scan-7``, ``reason-7``;
``swap-7`` names the item that stands in for item 7, ``added`` the items the recipe lacks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from supply.accounts.models import Clinic
from supply.formulations.models import FormulationLine, FormulationVersion
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.quantity import InvalidQuantityError
from supply.text import whole
from supply.treatments import queries
from supply.treatments.session_lines import SessionRequest
from supply.web.numbers import read_quantity, typed

Typed = MultiDict[str, str]


@dataclass(slots=True)
class BlendLine:
    """One item as it stands on the page; ``planned`` is what the recipe says of it."""

    item: Item
    planned: Decimal | None
    amount: str
    recipe: FormulationLine | None = None
    instead_of: Item | None = None
    out: bool = False
    lot: str = ""
    scanned: str = ""
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_added(self) -> bool:
        """Whether neither the recipe nor a substitution brought the item."""
        return self.recipe is None

    @property
    def given(self) -> Decimal | None:
        """What is given; None where it cannot be read or the line is left out."""
        if self.out or "amount" in self.errors:
            return None
        if not self.amount.strip():
            return self.planned
        return read_quantity(self.amount, self.item.unit, allow_zero=True)


@dataclass(slots=True)
class Blend:
    """The lines of a session that is about to be recorded."""

    version: FormulationVersion
    areas: int
    lines: list[BlendLine]

    @property
    def per_area(self) -> bool:
        """Whether any line is meant for each area."""
        return any(line.per is Per.AREA for line in self.version.lines)

    def errors(self) -> Iterator[tuple[str, str]]:
        """Yield (id of the field, sentence) for everything wrong with the lines."""
        for line in self.lines:
            for part, message in line.errors.items():
                yield (
                    f"{part}-{line.item.id}",
                    str(_("%(what)s: %(more)s", what=line.item.name, more=message)),
                )


def blank(version: FormulationVersion) -> Blend:
    """Return the recipe as it stands, for one area."""
    return Blend(version, 1, [_recipe_line(line, Typed(), 1, 1) for line in version.lines])


def read(
    clinic: Clinic, version: FormulationVersion, sent: Typed, areas: int, today: dt.date
) -> Blend:
    """Return what was sent: the recipe for ``areas``, its lines as typed, swapped and added.

    An amount that was as the recipe says for the areas shown before follows the areas.
    """
    shown = sent.get("areas_shown", areas, type=int)
    swapped = _swapped(version, sent)
    lines = [
        _substitute_line(line, swapped[line.item_id], sent, areas, shown)
        if line.item_id in swapped
        else _recipe_line(line, sent, areas, shown)
        for line in version.lines
    ]
    present = {line.item.id for line in lines}
    extra = queries.items(clinic, [one for one in _added(sent) if one not in present])
    lines += [_line(item, None, "", sent) for item in extra]
    for line in lines:
        _check(clinic, line, today)
    return Blend(version, areas, lines)


def requested(
    blend: Blend,
    *,
    patient_reference: str,
    at: dt.datetime | None,
    planned: int | None,
    overrides: Mapping[str, str] | None = None,
) -> SessionRequest:
    """Return what ``blend`` asks to be recorded; lines with errors stay as the recipe says."""
    said = _Said()
    for line in blend.lines:
        _say(line, said)
    return SessionRequest(
        formulation=blend.version.formulation.code,
        patient_reference=patient_reference,
        occurred_at=at,
        areas=blend.areas,
        planned_session=planned,
        amounts=said.amounts,
        lots=said.lots,
        reasons=said.reasons,
        overrides=overrides or {},
    )


@dataclass(slots=True)
class _Said:
    """What differs from the recipe, by item code."""

    amounts: dict[str, Decimal | None] = field(default_factory=dict)
    lots: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def _say(line: BlendLine, said: _Said) -> None:
    code = line.item.code
    if line.instead_of is not None:
        said.amounts[line.instead_of.code] = None
    given = line.given
    if line.out or given == 0:
        if line.instead_of is None and not line.is_added:
            said.amounts[code] = None
            if line.reason.strip():
                said.reasons[code] = line.reason.strip()
        return
    foreign = line.instead_of is not None or line.is_added
    if foreign or (given is not None and given != line.planned):
        said.amounts[code] = given
    if line.lot:
        said.lots[code] = line.lot
    reason = line.reason.strip()
    if not reason and line.instead_of is not None:
        reason = _("Instead of %(item)s", item=line.instead_of.name)
    if reason:
        said.reasons[code] = reason


def _added(sent: Typed) -> list[int]:
    """Return the ids of the items that were added, each once."""
    numbers = (whole(text) for text in dict.fromkeys(sent.getlist("added")))
    return [number for number in numbers if number is not None]


def _swapped(version: FormulationVersion, sent: Typed) -> dict[int, int]:
    """Return the allowed substitutions that were sent."""
    found = {}
    for line in version.lines:
        wanted = sent.get(f"swap-{line.item_id}", type=int)
        if any(substitute.item_id == wanted for substitute in line.substitutes):
            found[line.item_id] = int(wanted or 0)
    return found


def _recipe_line(line: FormulationLine, sent: Typed, areas: int, shown: int) -> BlendLine:
    amount = _following(line.quantity, line.per, f"amount-{line.item_id}", sent, areas, shown)
    times = areas if line.per is Per.AREA else 1
    return _line(line.item, line.quantity * times, amount, sent, recipe=line)


def _substitute_line(
    line: FormulationLine, item_id: int, sent: Typed, areas: int, shown: int
) -> BlendLine:
    chosen = next(substitute for substitute in line.substitutes if substitute.item_id == item_id)
    amount = _following(chosen.quantity, line.per, f"amount-{item_id}", sent, areas, shown)
    times = areas if line.per is Per.AREA else 1
    return _line(
        chosen.item,
        chosen.quantity * times,
        amount,
        sent,
        recipe=line,
        instead_of=line.item,
    )


def _following(quantity: Decimal, per: Per, name: str, sent: Typed, areas: int, shown: int) -> str:
    """Return the amount to show: as typed, unless it was the recipe's for other areas."""
    times, before = (areas, shown) if per is Per.AREA else (1, 1)
    amount = sent.get(name)
    if amount is None or amount.strip() == typed(quantity * before):
        return typed(quantity * times)
    return amount


def _line(
    item: Item,
    planned: Decimal | None,
    amount: str,
    sent: Typed,
    *,
    recipe: FormulationLine | None = None,
    instead_of: Item | None = None,
) -> BlendLine:
    def said(part: str) -> str:
        return sent.get(f"{part}-{item.id}", "").strip()

    return BlendLine(
        item=item,
        planned=planned,
        amount=amount if recipe is not None else said("amount"),
        recipe=recipe,
        instead_of=instead_of,
        out=bool(said("out")),
        lot=said("lot"),
        scanned=said("scan"),
        reason=said("reason"),
    )


def _check(clinic: Clinic, line: BlendLine, today: dt.date) -> None:
    """Note what cannot be taken in a line that is not left out; find the lot that was scanned."""
    if line.out:
        return
    try:
        if line.amount.strip() or line.planned is None:
            read_quantity(line.amount, line.item.unit, allow_zero=True)
    except InvalidQuantityError as error:
        line.errors["amount"] = str(error)
    if not line.scanned:
        return
    lot = queries.lot_called(clinic, [line.item.id], line.scanned, today)
    if lot is None:
        line.errors["scan"] = _("There is no lot %(lot)s of it.", lot=line.scanned)
    else:
        line.lot, line.scanned = lot.number, ""


def change(
    clinic: Clinic, version: FormulationVersion, sent: Typed, action: str, today: dt.date
) -> str | None:
    """Apply the button ``action`` to what was ``sent``; return what is wrong with it, or None.

    "out-7" leaves item 7 out, "swap-7-9" lets item 9 stand in for it, "back-7" takes that back,
    "drop-9" takes an added item off, "there-7-10.5" gives of item 7 what is there, "add" adds what
    the field ``add`` names or scans.
    """
    verb, *ids = action.split("-")
    if verb == "out" and len(ids) == 1:
        sent[f"out-{ids[0]}"] = "1"
    elif verb == "swap" and len(ids) == 2:
        sent[f"swap-{ids[0]}"] = ids[1]
        sent.pop(f"out-{ids[0]}", None)
    elif verb == "back" and len(ids) == 1:
        sent.pop(f"swap-{ids[0]}", None)
    elif verb == "there" and len(ids) == 2:
        sent[f"amount-{ids[0]}"] = ids[1]
    elif verb == "drop" and len(ids) == 1:
        sent.setlist("added", [item for item in sent.getlist("added") if item != ids[0]])
    elif verb == "add":
        return _add(clinic, version, sent, today)
    return None


def _add(clinic: Clinic, version: FormulationVersion, sent: Typed, today: dt.date) -> str | None:
    """Pick the lot that was scanned for a line already there, or add the item that was named."""
    text = sent.get("add", "").strip()
    present = [*{line.item_id for line in version.lines}, *_swapped(version, sent).values()]
    present += _added(sent)
    lot = queries.lot_called(clinic, present, text, today) if text else None
    if lot is not None:
        sent[f"lot-{lot.item_id}"] = lot.number
        item_id = lot.item_id
    else:
        named = queries.item_scanned(clinic, text, today) or queries.item_called(clinic, text)
        if named is None:
            return str(_("No single item or lot is called that. Choose one of the list."))
        item_id = named
        if item_id not in present:
            sent.add("added", str(item_id))
    sent.pop(f"out-{item_id}", None)
    sent["add"] = ""
    return None
