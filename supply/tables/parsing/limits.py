"""How much a file may hold. Generous to a spreadsheet, narrow for a bomb."""

from __future__ import annotations

MAXIMUM_BYTES = 32 * 1024 * 1024
"""Size of a file as it is brought."""

MAXIMUM_ENTRIES = 5_000
"""Parts of a workbook: sheets, pictures and all."""

MAXIMUM_PART = 160 * 1024 * 1024
"""Bytes that one part of a workbook may unpack to."""

MAXIMUM_SIGNS = 300_000
"""Tags that any part of a workbook may have, and for each packed byte of it, how many more: an
honest sheet has three or four. What is read so costs no more than an honest file of its size."""

MAXIMUM_SIGNS_A_BYTE = 6

MAXIMUM_RATIO = 250
"""How many times its packed size a part may unpack to, once it is large."""

LARGE_PART = 4 * 1024 * 1024
"""Unpacked size from which :data:`MAXIMUM_RATIO` counts."""

MAXIMUM_STRINGS = 1_500_000
"""Texts that a workbook keeps apart from its cells."""

MAXIMUM_ROWS = 100_000
"""Rows with anything in them; a longer file is brought in parts."""

LAST_ROW = 1_048_576
"""The last row a spreadsheet has."""

LAST_COLUMN = 16_384
"""The last column a spreadsheet has."""

MAXIMUM_COLUMNS = 1_000
"""Columns from the left that may hold anything."""

MAXIMUM_CELLS = 4_000_000
"""Cells, empty ones before a filled one among them."""

MAXIMUM_CELL = 32_767
"""Characters in a cell: what a spreadsheet itself can hold."""

MAXIMUM_TEXT = 48 * 1024 * 1024
"""Characters in all cells together."""

LEAST_TEXT = 4 * 1024 * 1024
"""Characters that any file may hold, however small it is."""

MAXIMUM_TEXT_A_BYTE = 16
"""And for each byte of it, how many more: a workbook shares texts between cells."""

MAXIMUM_ANSWER = 192 * 1024 * 1024
"""Bytes in which a file may be told to the server."""

LONGEST_FORMAT = 255
"""Signs of a number format, and of a sheet's name: what a spreadsheet itself can hold."""

MAXIMUM_STYLES = 70_000
"""Formats and styles of cells."""

MAXIMUM_DEPTH = 32
"""Elements within one another in a part of a workbook."""

MAXIMUM_MERGES = 100_000
"""Merged areas of a sheet."""
