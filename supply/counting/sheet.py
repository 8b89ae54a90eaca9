"""A count on paper: the lots of each location, with blank fields to write into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from flask_babel import gettext as _

from supply.counting.models import Count, CountLine
from supply.documents import layout
from supply.inventory.wording import containers
from supply.items.models import Location
from supply.web import filters

_WIDTHS: Final = (88, 34, 26, 28, 28)
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "LEFT", "LEFT")
_BLANK_ROWS: Final = 3
"""Rows below each location for what the list does not have."""


def sheet_pdf(count: Count, lines: Sequence[CountLine], shelves: Sequence[Location]) -> bytes:
    """Return the sheet of a count as a PDF: nothing of it says what is expected."""
    begun = filters.instant(count.begun_at, count.clinic.timezone)
    page = layout.new_page(_("Count sheet"))
    layout.heading(page, _("Count sheet, %(clinic)s", clinic=count.clinic.name))
    layout.lines(page, [_("Begun %(when)s", when=begun), _("Counted by: ____________________")])
    by_place = {
        place: list(some) for place, some in groupby(lines, key=lambda line: line.location_id)
    }
    for shelf in shelves:
        layout.space(page)
        layout.heading(page, shelf.name)
        layout.table(page, _WIDTHS, _ALIGNS, _rows(by_place.get(shelf.id, [])))
    return layout.finished(page)


def _rows(lines: Sequence[CountLine]) -> Iterator[tuple[str, ...]]:
    yield _("Item"), _("Lot"), _("Expires"), _("Sealed"), _("Open, left over")
    for line in lines:
        expiry = filters.short_date(line.lot.expiry) if line.lot.expiry else ""
        sealed = f"____ {containers(2, line.item.container, line.item.unit)}"
        yield line.item.name, line.lot.number, expiry, sealed, "________"
    for _blank in range(_BLANK_ROWS):
        yield "____________________", "__________", "________", "____", "________"
