"""What a supplier types to answer an order line by line, at the desk or from its mail."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from flask_babel import gettext as _

from supply.answering.answers import LineAnswer, Replacement
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.typed import Fault, read_day, read_packs
from supply.refusals import InvalidInput
from supply.text import whole
from supply.web.choices import chosen


class Rest(enum.StrEnum):
    """What becomes of packs that are not confirmed."""

    LATER = "later"
    DECLINE = "decline"
    SUBSTITUTE = "substitute"


def said(order: PurchaseOrder, form: Mapping[str, str]) -> dict[int, LineAnswer]:
    """Return what was typed of each line, by its id; lines without a field are not named.

    Raises:
        InvalidInput: packs or days that cannot be read, by field name.
    """
    faults: list[Fault] = []
    answers = {
        line.id: _line(line, form, faults) for line in order.lines if f"confirm_{line.id}" in form
    }
    if faults:
        raise InvalidInput(*faults)
    return answers


def seen(form: Mapping[str, str]) -> dict[int, int] | None:
    """Return the packs by line id that the page showed; None where it did not say."""
    shown = [name for name in form if name.startswith("seen_")]
    packs = {whole(name.removeprefix("seen_")): whole(form[name]) for name in shown}
    return {line: count for line, count in packs.items() if line and count} if shown else None


def ship_day(form: Mapping[str, str]) -> dt.date | None:
    """Return the day on which it is to leave, None where none is given.

    Raises:
        InvalidInput: it cannot be read.
    """
    faults: list[Fault] = []
    day = read_day(form.get("ship_on", ""), "ship_on", _("Ships on"), faults)
    if faults:
        raise InvalidInput(*faults)
    return day


def _line(line: OrderLine, form: Mapping[str, str], faults: list[Fault]) -> LineAnswer:
    def typed(part: str) -> str:
        return form.get(f"{part}_{line.id}", "").strip()

    confirm = read_packs(typed("confirm"), f"confirm_{line.id}", line.name, faults)
    until = read_day(typed("until"), f"until_{line.id}", line.name, faults)
    match chosen(Rest, typed("rest"), Rest.LATER):
        case Rest.LATER:
            return LineAnswer(confirm, until=until)
        case Rest.DECLINE:
            return LineAnswer(confirm, decline=typed("decline"))
        case Rest.SUBSTITUTE:
            field = f"substitute_packs_{line.id}"
            packs = read_packs(typed("substitute_packs"), field, line.name, faults)
            other = Replacement(typed("substitute"), packs)
            return LineAnswer(confirm, until=until, substitute=other)
