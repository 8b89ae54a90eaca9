"""Tables people bring and take away: CSV and XLSX in, CSV out.

``parsing/`` says what a file holds, in a process of its own; ``shown.py``, ``cells.py`` and
``numbers.py`` say what a cell means; ``reading.py`` puts them together.
"""

from supply.tables.faults import SHOWN, Fault, FaultyFiles, FaultyTable, stop_at_many
from supply.tables.kinds import Kind
from supply.tables.reading import Row, Table, read_table
from supply.tables.twins import twin_faults
from supply.tables.writing import write_csv

__all__ = [
    "SHOWN",
    "Fault",
    "FaultyFiles",
    "FaultyTable",
    "Kind",
    "Row",
    "Table",
    "read_table",
    "stop_at_many",
    "twin_faults",
    "write_csv",
]
