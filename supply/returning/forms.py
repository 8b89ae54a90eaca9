"""Reading what people type of returns: all that cannot be read is said at once, by field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.inventory.boxes import holds_code
from supply.inventory.offered_lots import OfferedLot, lot_meant
from supply.money import InvalidMoneyError
from supply.refusals import InvalidInput
from supply.returning.limits import Returnable
from supply.returning.models import Return
from supply.returning.receiving import Verdict
from supply.returning.services import Fault, NewReturn, Terms, Wanted
from supply.returning.terms import CarriageBy, Fate, ReturnReason
from supply.text import whole as whole_number
from supply.web.choices import picked
from supply.web.numbers import read_sum

Form = Mapping[str, str]


def field_of(choice: Returnable) -> str:
    """Return what the field for packs of a lot is called."""
    return f"packs_{choice.line.id}_{choice.lot.id}"


def code_in(form: Form, choices: Sequence[Returnable], today: dt.date) -> str:
    """Return the code that was scanned, into the field for scans or into another; "" for none."""
    names = [*(field_of(choice) for choice in choices), "note"]
    said = [form.get(name, "").strip() for name in names]
    return form.get("scan", "").strip() or next(
        (text for text in said if holds_code(text, today)), ""
    )


def counted(
    practice_id: int, form: Form, choices: Sequence[Returnable], code: str, today: dt.date
) -> tuple[dict[str, str], str]:
    """Return what was typed with the packs of a scanned box counted, and why none were."""
    left = {name: "" if said.strip() == code else said for name, said in form.items()}
    open_ones = {field_of(choice): choice for choice in choices if choice.packs}
    offered = [
        OfferedLot(name, choice.line.product, choice.line.item_id, choice.lot.number)
        for name, choice in open_ones.items()
    ]
    meant = lot_meant(practice_id, offered, code, today)
    if meant.offered is None:
        return left, meant.sentence
    name, most = meant.offered.key, open_ones[meant.offered.key].packs
    packs = (whole_number(left.get(name, "")) or 0) + meant.packs
    if packs > most:
        return left, ngettext(
            "%(name)s, lot %(lot)s: only %(num)d pack can be returned.",
            "%(name)s, lot %(lot)s: only %(num)d packs can be returned.",
            most,
            name=open_ones[name].line.name,
            lot=meant.offered.lot,
        )
    return left | {name: str(packs)}, ""


def typed_return(form: Form, choices: Sequence[Returnable]) -> NewReturn:
    """Return what is asked for. Raises InvalidInput."""
    faults: list[Fault] = []
    lines = []
    for choice in choices:
        name = field_of(choice)
        packs = _packs(form.get(name, ""), name, choice.line.name, faults)
        lines.append(Wanted(choice.line.sku, choice.lot.number, packs, name))
    if faults:
        raise InvalidInput(*faults)
    message = _("Choose why you want to return them.")
    reason = picked(ReturnReason, form.get("reason"), "reason", message)
    return NewReturn(reason, lines, form.get("note", ""))


def typed_terms(form: Form, whole: Return) -> Terms:
    """Return on what terms a supplier takes packs back. Raises InvalidInput."""
    faults: list[Fault] = []
    credit = {}
    for line in {one.order_line_id: one.order_line for one in whole.lines}.values():
        name = f"credit_{line.id}"
        try:
            credit[line.id] = read_sum(form.get(name, ""), whole.order.currency)
        except InvalidMoneyError as error:
            more = _("%(what)s: %(more)s", what=line.name, more=str(error))
            faults.append((name, str(more)))
    day = _day(form.get("valid_until", ""), faults)
    if faults:
        raise InvalidInput(*faults)
    message = _("Choose who pays for sending.")
    carriage = picked(CarriageBy, form.get("carriage"), "carriage", message)
    return Terms(day, carriage, credit, form.get("answer", ""))


def typed_verdicts(form: Form, whole: Return) -> dict[int, Verdict]:
    """Return what a supplier says of each line it received. Raises InvalidInput."""
    faults: list[Fault] = []
    found = {}
    for line in whole.lines:
        name = f"accepted_{line.id}"
        accepted = _packs(form.get(name, ""), name, line.order_line.name, faults, empty=None)
        chosen = form.get(f"fate_{line.id}")
        fate = next((one for one in Fate if one.value == chosen), None)
        found[line.id] = Verdict(accepted, form.get(f"why_{line.id}", ""), fate)
    if faults:
        raise InvalidInput(*faults)
    return found


def _packs(
    text: str, name: str, product: str, faults: list[Fault], *, empty: int | None = 0
) -> int:
    """Return whole packs; nothing typed means ``empty`` (None: it has to be said)."""
    number = whole_number(text) if text.strip() else empty
    if number is None:
        more = _("%(what)s: %(more)s", what=product, more=_("Enter whole packs."))
        faults.append((name, str(more)))
    return number or 0


def _day(text: str, faults: list[Fault]) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        message = _("Write the day as year-month-day, such as 2027-05-31.")
        faults.append(("valid_until", message))
        return dt.date.min
