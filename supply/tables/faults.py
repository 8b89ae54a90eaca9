"""What is wrong in a file, by row and column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.refusals import Refusal

SHOWN = 100
"""Faults a message lists before it only counts the rest."""


MOST_FAULTS = 1_000
"""Faults after which the rest of a file is not looked at: nobody mends more in one go."""


class Fault(NamedTuple):
    """What is wrong in one cell; ``column`` is empty where the whole row or file is at fault."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        """Return the sentence with its place, "Row 4, price: Enter a price."."""
        if self.column:
            place = _("Row %(row)d, %(column)s", row=self.row, column=self.column)
        else:
            place = _("Row %(row)d", row=self.row)
        return str(_("%(what)s: %(more)s", what=place, more=self.message))


class FaultyTable(Refusal):
    """A file that cannot be taken. ``errors`` lists every fault found, in file order.

    Of a file with more than :data:`MOST_FAULTS` it may be only the first of them.
    """

    def __init__(self, errors: Sequence[Fault], filename: str = "") -> None:
        """Keep ``errors``; the sentence lists the first :data:`SHOWN` and counts the rest."""
        self.errors = sorted(errors, key=lambda fault: fault.row)[:MOST_FAULTS]
        self.filename = filename
        super().__init__("\n".join(self._lines()))

    @property
    def shown(self) -> list[Fault]:
        """The faults to list."""
        return self.errors[:SHOWN]

    @property
    def rest(self) -> str:
        """What is said of the faults beyond those to list; "" where there are none."""
        more = len(self.errors) - SHOWN
        if len(self.errors) == MOST_FAULTS:
            return str(_("… and very many more. Look at the first ones; the rest may be alike."))
        if more > 0:
            counted = ngettext("… and %(num)d more fault.", "… and %(num)d more faults.", more)
            return str(counted)
        return ""

    def _lines(self) -> Iterator[str]:
        prefix = f"{self.filename}: " if self.filename else ""
        for fault in self.shown:
            yield f"{prefix}{fault}"
        if self.rest:
            yield self.rest


def stop_at_many(faults: Sequence[Fault], filename: str) -> None:
    """End the reading of a file with too many faults; call it row by row.

    Raises:
        FaultyTable: there are :data:`MOST_FAULTS`.
    """
    if len(faults) >= MOST_FAULTS:
        raise FaultyTable(faults, filename)


class FaultyFiles(Refusal):
    """Files brought together that cannot be taken; ``files`` has the faults of each."""

    def __init__(self, files: Sequence[FaultyTable]) -> None:
        """Keep ``files``; the sentence is theirs, one after another."""
        super().__init__("\n".join(str(faulty) for faulty in files))
        self.files = list(files)
