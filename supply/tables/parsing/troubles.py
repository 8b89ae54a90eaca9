"""Why a file cannot be read at all."""

from __future__ import annotations

import enum


class Trouble(enum.StrEnum):
    """What is the matter; ``wording.py`` has the sentence for each."""

    TOO_LARGE = "too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_LONG_CELL = "too_long_cell"
    OLD_EXCEL = "old_excel"
    PASSWORD = "password"  # noqa: S105 - a kind of trouble
    BINARY_WORKBOOK = "binary_workbook"
    OPEN_DOCUMENT = "open_document"
    NUMBERS = "numbers"
    ARCHIVE = "archive"
    OTHER_DOCUMENT = "other_document"
    BROKEN_WORKBOOK = "broken_workbook"
    NO_SHEET = "no_sheet"
    NOT_UTF_8 = "not_utf_8"
    QUOTES = "quotes"
    ROWS_IN_A_CELL = "rows_in_a_cell"


class Unreadable(Exception):
    """The file cannot be read from ``row`` on, or at all."""

    def __init__(self, trouble: Trouble, row: int = 1) -> None:
        """Keep what is the matter and the first row that it touches."""
        super().__init__(trouble, row)
        self.trouble = trouble
        self.row = row
