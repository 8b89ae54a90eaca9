"""Lines of a count as a page shows them: containers and an open rest, as they were typed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from supply.counting.models import CountLine
from supply.counting.queries import OpenOne
from supply.counting.rules import FRESH, splits
from supply.counting.saying import Counted
from supply.inventory.wording import containers
from supply.quantity import ZERO, InvalidQuantityError, Unit
from supply.web.numbers import read_quantity, typed


@dataclass(slots=True)
class OpenField:
    """The field of one open container: what is left in it, as it was typed."""

    name: str
    one: OpenOne
    text: str = ""
    is_there: bool = True
    """Whether the page that was filled in had it."""

    @property
    def opened_on(self) -> dt.date:
        """Which day it was opened."""
        return self.one.opened_on


@dataclass(slots=True)
class Row:
    """A line with what stands in its fields, and what is wrong with that."""

    line: CountLine
    containers: str
    rest: str
    open: list[OpenField] = field(default_factory=list)
    was: str = ""
    asked: bool = False
    """Whether the viewer is to count again what another has counted."""
    error: str = ""
    quantity: Decimal | None = field(default=None)
    rests: dict[int, Decimal] | None = field(default=None)

    @property
    def splits(self) -> bool:
        """Whether containers of it stay open: then a rest is asked for."""
        item = self.line.item
        return splits(item.dose, item.unit, self.line.lot.content_per_container)

    @property
    def word(self) -> str:
        """What its containers are called, several of them."""
        return containers(2, self.line.item.container, self.line.item.unit)

    @property
    def fields(self) -> dict[str, str]:
        """What stands in its fields, by name."""
        number = self.line.id
        found = {f"containers-{number}": self.containers}
        if self.open:
            return found | {one.name: one.text for one in self.open}
        return found | ({f"rest-{number}": self.rest} if self.splits else {})

    @property
    def said(self) -> str:
        """What stands in the fields, to be held against what did."""
        return "|".join([self.containers, self.rest, *(one.text for one in self.open)])

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in its fields."""
        return not self.said.strip("|")

    @property
    def is_taken_back(self) -> bool:
        """Whether something stood in its fields when the page came, and nothing does now."""
        return self.is_blank and bool(self.was.strip("|"))

    @property
    def is_new(self) -> bool:
        """Whether something else stands in the fields than the page came with."""
        return self.said != self.was and not self.is_blank


Opened = Mapping[tuple[int, int], Sequence[OpenOne]]
"""Open containers by location and lot."""

_REST = re.compile(r"rest-\d{1,12}-(\d{1,12})", re.ASCII)


def named_in(form: Iterable[str]) -> set[int]:
    """Return the containers whose fields a page had: they may be empty or gone by now."""
    return {int(match[1]) for name in form if (match := _REST.fullmatch(name))}


def rows_of(lines: Iterable[CountLine], viewer_id: int, opened: Opened) -> list[Row]:
    """Return the rows of ``lines`` as they were counted so far.

    What another is to count again is blank for ``viewer_id``, unless they counted it.
    """
    found = []
    for line in lines:
        asked = is_asked(line, viewer_id)
        row = Row(line, "", "", _open_fields(line, opened), asked=asked)
        if line.counted is not None and not asked:
            _fill(row, line.counted)
        row.was = row.said
        found.append(row)
    return found


def _open_fields(line: CountLine, opened: Opened) -> list[OpenField]:
    return [
        OpenField(f"rest-{line.id}-{one.container_id}", one)
        for one in opened.get((line.location_id, line.lot_id), ())
    ]


def _fill(row: Row, counted: Decimal) -> None:
    """Put what was counted into the fields; of a sum alone nobody knows what is in open ones."""
    rests = row.line.rests or {}
    for one in row.open:
        one.text = typed(Decimal(rests[key])) if (key := str(one.one.container_id)) in rests else ""
    in_open = sum((Decimal(rest) for rest in rests.values()), ZERO)
    whole, left = divmod(counted - in_open, row.line.lot.content_per_container)
    fresh = left + Decimal(rests.get("0", "0"))
    row.containers, row.rest = typed(whole), typed(fresh) if fresh and not row.open else ""


def is_asked(line: CountLine, viewer_id: int) -> bool:
    """Return whether somebody is asked to count a line again that another has counted."""
    return line.again and line.counted_by_id != viewer_id


def typed_into(rows: Sequence[Row], form: Mapping[str, str], at: dt.datetime) -> bool:
    """Read what was typed into ``rows``, counted ``at``; return whether all of it can be taken.

    What was opened later was sealed then: nothing is asked of it.
    """
    for row in rows:
        number = row.line.id
        row.containers = form.get(f"containers-{number}", "").strip()
        row.rest = form.get(f"rest-{number}", "").strip()
        for one in row.open:
            one.text, one.is_there = form.get(one.name, "").strip(), one.name in form
        row.open = [one for one in row.open if one.is_there or one.one.opened_at <= at]
        row.was = form.get(f"was-{number}", "")
        if row.is_new:
            _read(row)
    return not any(row.error for row in rows)


def _read(row: Row) -> None:
    unit = row.line.item.unit
    try:
        whole = read_quantity(row.containers or "0", Unit.EACH, allow_zero=True)
        rest = read_quantity(row.rest or "0", unit, allow_zero=True)
        rests = {
            one.one.container_id: read_quantity(one.text or "0", unit, allow_zero=True)
            for one in row.open
        }
    except InvalidQuantityError as error:
        row.error = str(error)
        return
    if rest and not row.splits:
        row.error = _("This item is counted in whole containers.")
    if not all(one.is_there for one in row.open):
        row.error = _(
            "Say what is left in each open one. If one has no field, load the page again."
        )
    elif row.open and not all([row.containers, *(one.text for one in row.open)]):
        row.error = _("Fill in each of its fields; 0 where nothing is left.")
    content = row.line.lot.content_per_container
    in_open = sum(rests.values(), rest if row.splits else ZERO)
    row.quantity = whole * content + in_open
    if row.open:
        row.rests = rests | ({FRESH: rest} if rest else {})


def counted_of(rows: Iterable[Row], at: dt.datetime | None = None) -> list[Counted]:
    """Return what the rows say that is new, counted ``at`` (None: now)."""
    return [
        Counted(
            sku=row.line.item.code,
            lot=row.line.lot.number,
            location=row.line.location.name,
            quantity=row.quantity,
            rests=row.rests,
            at=at,
            field=f"containers-{row.line.id}",
        )
        for row in rows
        if row.is_new and row.quantity is not None
    ]
