"""What people type on the pages of transfers: rows of a new one, and what came; kept as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from supply.accounts.models import Clinic
from supply.inventory.rules import fitting_storages
from supply.inventory.wording import containers, unit_word
from supply.items.models import Item, Location
from supply.quantity import ZERO, InvalidQuantityError, Unit
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.transfers import choosing
from supply.transfers.choosing import Choice
from supply.transfers.lines import Line
from supply.transfers.models import Transfer, TransferLine
from supply.web.numbers import read_quantity, typed

AMOUNT = "much_"
"""Before a balance's id: the field that says how much of it moves."""

CAME = "came_"
"""Before a line's id: the field that says how much of it came."""

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """Something to be moved, and how much of it as typed."""

    choice: Choice
    much: str

    @property
    def field(self) -> str:
        """The name of its field."""
        return f"{AMOUNT}{self.choice.balance_id}"

    @property
    def unit(self) -> str:
        """What is counted: containers, or what an open one holds."""
        item = self.choice.item
        if self.choice.is_open:
            return unit_word(item.unit)
        return containers(int(self.choice.there), item.container, item.unit)

    def with_more(self, containers: int) -> Row:
        """Return the row with so many containers more, as a scan counts them."""
        if self.choice.is_open or not self.much.strip().isdecimal():
            return self
        more = min(int(self.much) + containers, int(self.choice.there))
        return replace(self, much=str(more))


def typed_rows(clinic: Clinic, form: Form, *, today: dt.date, now: dt.datetime) -> list[Row]:
    """Return the rows of a form that was sent, as typed, without what is no longer there."""
    ids = [
        int(name.removeprefix(AMOUNT))
        for name in form
        if name.startswith(AMOUNT) and name.removeprefix(AMOUNT).isdecimal()
    ][:200]
    found = choosing.choices(clinic, ids, today=today, now=now)
    return [Row(found[one], form[f"{AMOUNT}{one}"]) for one in ids if one in found]


def row_of(choice: Choice, quantity: Decimal | None = None) -> Row:
    """Return a row of ``quantity`` (base unit) of a choice; None is all of it."""
    much = choice.there if quantity is None else choice.as_typed(quantity)
    return Row(choice, typed(much))


def spread(choices: Sequence[Choice], quantity: Decimal) -> list[Row]:
    """Return rows that take ``quantity`` of a lot from its places, what may be sent of each."""
    rows = []
    for choice in choices:
        content = choice.lot.content_per_container
        part = min(choice.free, quantity)
        part -= part % content
        if part > 0:
            rows.append(row_of(choice, part))
            quantity -= part
    return rows


def added(rows: Sequence[Row], choice: Choice, *, scanned: int | None) -> list[Row]:
    """Return ``rows`` with ``choice``: more of it where it is there, else a row of its own.

    What was scanned counts as so many containers; what was picked from a list (None) as all that
    is there.
    """
    if any(row.choice.balance_id == choice.balance_id for row in rows):
        return [
            row.with_more(scanned or 1) if row.choice.balance_id == choice.balance_id else row
            for row in rows
        ]
    if choice.is_open or scanned is None:
        return [*rows, row_of(choice)]
    return [*rows, Row(choice, "0").with_more(scanned)]


def wanted_lines(rows: Iterable[Row]) -> list[Line]:
    """Return the lines that ``rows`` ask for; rows of nothing are left out.

    Raises:
        InvalidInput: naming each field that is no number, or no row at all.
    """
    faults = []
    lines = []
    for row in rows:
        try:
            much = _read(row.much)
        except InvalidQuantityError as error:
            faults.append((row.field, str(error)))
            continue
        if much:
            choice = row.choice
            lines.append(
                Line(
                    lot_id=choice.lot.id,
                    quantity=choice.in_base_unit(much),
                    location_id=choice.location.id,
                    container_id=choice.container_id,
                    field=row.field,
                )
            )
    if faults:
        raise InvalidInput(*faults)
    if not lines:
        raise InvalidInput(("scan", _("Say what is moved: scan it, or look for it.")))
    return lines


def _read(text: str) -> Decimal:
    return read_quantity(text, Unit.ML, allow_zero=True) if text.strip() else ZERO


@dataclass(frozen=True, slots=True)
class CameRow:
    """A line of a transfer that is received: how much of it came, as typed, and where it goes."""

    line: TransferLine
    much: str
    location_id: int | None

    @property
    def field(self) -> str:
        """The name of the field that says how much came."""
        return f"{CAME}{self.line.id}"

    @property
    def expected(self) -> Decimal:
        """How many containers are on their way."""
        return self.line.in_transit / self.line.lot.content_per_container

    @property
    def complete(self) -> bool:
        """Whether all that is on its way is said to have come."""
        return whole(self.much) == self.expected

    @property
    def unit(self) -> str:
        """What is counted."""
        item = self.line.item
        return containers(int(self.expected), item.container, item.unit)


def came_rows(transfer: Transfer, form: Form, places: Sequence[Location]) -> list[CameRow]:
    """Return what is on its way, line by line: all of it came where nothing else was typed."""
    known = {str(place.id): place.id for place in places}
    return [
        CameRow(
            line,
            form.get(f"{CAME}{line.id}", typed(line.in_transit / line.lot.content_per_container)),
            known.get(form.get(f"place_{line.id}", "")) or _fitting(line.item, places),
        )
        for line in transfer.in_transit
    ]


def _fitting(item: Item, places: Sequence[Location]) -> int | None:
    """Return the first place that an item may lie in, ambient before cold; None where none fits."""
    for storage in fitting_storages(item.storage):
        for place in places:
            if place.storage is storage:
                return place.id
    return places[0].id if places else None


def came_lines(rows: Iterable[CameRow]) -> list[Line]:
    """Return the lines that came; what came not at all is left out.

    Raises:
        InvalidInput: naming each field that is no number; or nothing came.
    """
    faults = []
    lines = []
    for row in rows:
        try:
            much = _read(row.much)
        except InvalidQuantityError as error:
            faults.append((row.field, str(error)))
            continue
        if much:
            quantity = much * row.line.lot.content_per_container
            lines.append(Line(row.line.lot_id, quantity, row.location_id, field=row.field))
    if faults:
        raise InvalidInput(*faults)
    if not lines:
        message = _("Nothing of it came? Leave it in transit: the sender writes it off.")
        raise InvalidInput(("came", message))
    return lines


def seen_of(form: Form) -> dict[int, Decimal]:
    """Return what was on its way of each line when the page was shown."""
    return {
        int(name.removeprefix("left_")): Decimal(value)
        for name, value in form.items()
        if name.startswith("left_")
        and name.removeprefix("left_").isdecimal()
        and value.replace(".", "", 1).isdecimal()
    }


def by_field(refusal: Refusal | None) -> Mapping[str, str]:
    """Return what is wrong by the field of the form it is about."""
    if not isinstance(refusal, InvalidInput):
        return {}
    return {field.partition(".")[0]: message for field, message in refusal.errors}
