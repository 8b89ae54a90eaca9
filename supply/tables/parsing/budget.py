"""Counting what has been read, so that no limit is passed unseen."""

from __future__ import annotations

from . import limits
from .troubles import Trouble, Unreadable


class Budget:
    """Rows, cells and characters taken so far."""

    def __init__(self, size: int) -> None:
        """Start with nothing taken of a file of ``size`` bytes."""
        self._most = min(limits.MAXIMUM_TEXT, limits.LEAST_TEXT + limits.MAXIMUM_TEXT_A_BYTE * size)
        self.rows = 0
        self.cells = 0
        self.characters = 0

    def take_row(self, number: int, cells: int) -> None:
        """Count a row with something in it, of ``cells`` cells.

        Raises:
            Unreadable: too many rows, columns or cells.
        """
        self.rows += 1
        self.cells += cells
        if self.rows > limits.MAXIMUM_ROWS + 1:  # and its heading
            raise Unreadable(Trouble.TOO_MANY_ROWS, number)
        if cells > limits.MAXIMUM_COLUMNS:
            raise Unreadable(Trouble.TOO_MANY_COLUMNS, number)
        if self.cells > limits.MAXIMUM_CELLS:
            raise Unreadable(Trouble.TOO_LARGE, number)

    def take_text(self, number: int, text: str) -> None:
        """Count the characters of one cell in row ``number``.

        Raises:
            Unreadable: a cell longer than a spreadsheet can hold, or too much text.
        """
        length = len(text)
        self.characters += length
        if length > limits.MAXIMUM_CELL:
            raise Unreadable(Trouble.TOO_LONG_CELL, number)
        if self.characters > self._most:
            raise Unreadable(Trouble.TOO_LARGE, number)


def check_count(count: int, most: int) -> None:
    """Raise Unreadable where there is more of something than any workbook has."""
    if count > most:
        raise Unreadable(Trouble.TOO_LARGE)
