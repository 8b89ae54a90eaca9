"""Reading what people type of a payment, and of the period of a statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask_babel import gettext as _

from supply.money import InvalidMoneyError
from supply.refusals import InvalidInput
from supply.settling.saying import NewPayment
from supply.web.numbers import read_sum

_PART = "item_"


def typed_payment(form: Mapping[str, str], currency: str) -> NewPayment:
    """Read a payment from a form: ``minor``, ``paid_on``, ``reference``, and ``item_7`` of parts.

    Raises:
        InvalidInput: what cannot be read, field by field.
    """
    faults: list[tuple[str, str]] = []
    minor = _sum(form.get("minor", ""), "minor", currency, faults)
    paid_on = _day(form.get("paid_on", ""), "paid_on", faults)
    parts = {
        int(name.removeprefix(_PART)): _sum(text, name, currency, faults)
        for name, text in form.items()
        if _is_part(name) and text.strip()
    }
    if faults:
        raise InvalidInput(*faults)
    return NewPayment(minor, paid_on, form.get("reference", ""), parts)


def _is_part(name: str) -> bool:
    number = name.removeprefix(_PART)
    return name.startswith(_PART) and number.isascii() and number.isdecimal() and len(number) < 18


def _sum(text: str, field: str, currency: str, faults: list[tuple[str, str]]) -> int:
    try:
        return read_sum(text, currency)
    except InvalidMoneyError as error:
        faults.append((field, str(error)))
        return 0


def _day(text: str, field: str, faults: list[tuple[str, str]]) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        faults.append((field, _("Write the day as year-month-day, such as 2027-05-31.")))
        return dt.date.min


def period(args: Mapping[str, str], today: dt.date) -> tuple[dt.date, dt.date]:
    """Return the first and last day that an address asks for; else this year so far."""
    first = _asked(args.get("from")) or today.replace(month=1, day=1)
    last = _asked(args.get("to")) or max(first, today)
    return (first, last) if first <= last else (last, first)


def _asked(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat((text or "").strip())
    except ValueError:
        return None
