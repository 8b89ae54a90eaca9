"""Lines of a count as a page shows them: containers and an open rest, as they were typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from supply.counting.models import CountLine
from supply.counting.saying import Counted
from supply.quantity import ZERO, InvalidQuantityError, Unit
from supply.web.numbers import read_quantity, typed


@dataclass(slots=True)
class Row:
    """A line with what stands in its fields, and what is wrong with that."""

    line: CountLine
    containers: str
    rest: str
    was: str
    asked: bool = False
    """Whether the viewer is to count again what another has counted."""
    error: str = ""
    quantity: Decimal | None = field(default=None)

    @property
    def splits(self) -> bool:
        """Whether containers of it are opened: then a rest is asked for."""
        return self.line.item.unit is not Unit.EACH or self.line.lot.content_per_container != 1

    @property
    def said(self) -> str:
        """What stands in the fields, to be held against what did."""
        return f"{self.containers}|{self.rest}"

    @property
    def is_new(self) -> bool:
        """Whether something else stands in the fields than the page came with."""
        return self.said not in (self.was, "|")


def rows_of(lines: Iterable[CountLine], viewer_id: int) -> list[Row]:
    """Return the rows of ``lines`` as they were counted so far.

    What another is to count again is blank for ``viewer_id``, unless they counted it.
    """
    found = []
    for line in lines:
        containers, rest = "", ""
        asked = is_asked(line, viewer_id)
        if line.counted is not None and not asked:
            whole, left = divmod(line.counted, line.lot.content_per_container)
            containers, rest = typed(whole), typed(left) if left else ""
        found.append(Row(line, containers, rest, f"{containers}|{rest}", asked))
    return found


def is_asked(line: CountLine, viewer_id: int) -> bool:
    """Return whether somebody is asked to count a line again that another has counted."""
    return line.again and line.counted_by_id != viewer_id


def typed_into(rows: Sequence[Row], form: Mapping[str, str]) -> bool:
    """Read what was typed into ``rows``; return whether all of it can be taken."""
    for row in rows:
        number = row.line.id
        row.containers = form.get(f"containers-{number}", "").strip()
        row.rest = form.get(f"rest-{number}", "").strip()
        row.was = form.get(f"was-{number}", "|")
        if row.is_new:
            _read(row)
    return not any(row.error for row in rows)


def _read(row: Row) -> None:
    try:
        whole = read_quantity(row.containers or "0", Unit.EACH, allow_zero=True)
        rest = read_quantity(row.rest or "0", row.line.item.unit, allow_zero=True)
    except InvalidQuantityError as error:
        row.error = str(error)
        return
    content = row.line.lot.content_per_container
    if rest and not row.splits:
        row.error = _("This item is counted in whole pieces.")
    row.quantity = whole * content + (rest if row.splits else ZERO)


def counted_of(rows: Iterable[Row]) -> list[Counted]:
    """Return what the rows say that is new."""
    return [
        Counted(
            sku=row.line.item.code,
            lot=row.line.lot.number,
            location=row.line.location.name,
            quantity=row.quantity,
            field=f"containers-{row.line.id}",
        )
        for row in rows
        if row.is_new and row.quantity is not None
    ]
