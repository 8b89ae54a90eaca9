"""Papers that labels are printed on: A4 sheets of so many, and rolls. Millimetres."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

A4 = (210.0, 297.0)

MOST_LABELS = 1_000
"""Labels in one file: more than anybody sticks in an hour."""


class PaperName(enum.StrEnum):
    """The papers people may choose."""

    A4_65 = "a4-65"
    A4_24 = "a4-24"
    A4_21 = "a4-21"
    ROLL_57_32 = "roll-57x32"
    ROLL_62_29 = "roll-62x29"


@dataclass(frozen=True, slots=True)
class Paper:
    """Labels of one size, ``across`` × ``down`` on a page; a roll has one a page."""

    page: tuple[float, float]
    label: tuple[float, float]
    across: int = 1
    down: int = 1
    first: tuple[float, float] = (0.0, 0.0)
    """The left upper corner of the first label."""
    step: tuple[float, float] = (0.0, 0.0)
    """From one label to the next, gaps included."""

    @property
    def per_page(self) -> int:
        """How many labels a page has."""
        return self.across * self.down

    def corner(self, place: int) -> tuple[float, float]:
        """Return the left upper corner of the label at ``place`` of its page, from 0 by row."""
        row, column = divmod(place, self.across)
        return self.first[0] + column * self.step[0], self.first[1] + row * self.step[1]

    def places(self, count: int, start: int) -> Iterator[tuple[int, int]]:
        """Yield page and place of ``count`` labels; the first stands at ``start`` (from 1)."""
        for number in range(start - 1, start - 1 + count):
            yield divmod(number, self.per_page)


def _roll(wide: float, high: float) -> Paper:
    return Paper(page=(wide, high), label=(wide, high))


PAPERS = {
    PaperName.A4_65: Paper(A4, (38.1, 21.2), 5, 13, (4.75, 10.7), (40.6, 21.2)),
    PaperName.A4_24: Paper(A4, (63.5, 33.9), 3, 8, (7.25, 12.9), (66.04, 33.9)),
    PaperName.A4_21: Paper(A4, (63.5, 38.1), 3, 7, (7.25, 15.15), (66.04, 38.1)),
    PaperName.ROLL_57_32: _roll(57.0, 32.0),
    PaperName.ROLL_62_29: _roll(62.0, 29.0),
}
