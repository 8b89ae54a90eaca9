"""What a reader says of a file that cannot be read, and of one of which not all was read."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.tables.parsing import limits
from supply.tables.parsing.troubles import Trouble

_SENTENCES: Mapping[Trouble, object] = {
    Trouble.TOO_LARGE: _l("The file holds too much. Split it, and leave out what is not needed."),
    Trouble.TOO_LONG_CELL: _l("A cell of this row is longer than a spreadsheet can hold."),
    Trouble.OLD_EXCEL: _l("Save the old Excel file as XLSX or CSV."),
    Trouble.PASSWORD: _l("The workbook has a password. Save it without one."),
    Trouble.BINARY_WORKBOOK: _l("Save the binary workbook as XLSX or CSV."),
    Trouble.OPEN_DOCUMENT: _l("Save the OpenDocument spreadsheet as XLSX or CSV."),
    Trouble.NUMBERS: _l("In Numbers, export the spreadsheet as Excel or CSV."),
    Trouble.ARCHIVE: _l("This is a packed file. Unpack it and bring the table in it."),
    Trouble.OTHER_DOCUMENT: _l("This is no table. Save it as XLSX or CSV."),
    Trouble.BROKEN_WORKBOOK: _l("The workbook cannot be read. Save it again as XLSX or CSV."),
    Trouble.NO_SHEET: _l("The workbook shows no sheet. Show the one with the table."),
    Trouble.NOT_UTF_8: _l("This is not UTF-8 text. Save the file as CSV UTF-8 or XLSX."),
    Trouble.QUOTES: _l("From here on the file cannot be read: check the quotation marks."),
    Trouble.ROWS_IN_A_CELL: _l(
        "A cell of this row holds whole rows: check the quotation marks at its beginning and end."
    ),
}


def sentence(trouble: Trouble) -> str:
    """Return what is the matter and what to do."""
    if trouble is Trouble.TOO_MANY_ROWS:
        message = _("The file has more than %(count)d rows. Split it.", count=limits.MAXIMUM_ROWS)
        return str(message)
    if trouble is Trouble.TOO_MANY_COLUMNS:
        message = _(
            "This row has more than %(count)d columns. Delete those that are not needed.",
            count=limits.MAXIMUM_COLUMNS,
        )
        return str(message)
    return str(_SENTENCES[trouble])
