"""Files in which several sensors tell of the same moments, one below the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from supply.coldchain.files.columns import LOOKED_AT, Columns, cell_of

MOST_SENSORS = 30


def sensors_in(columns: Columns, value: int | None) -> list[str]:
    """Return what tells the sensors of a file apart; [] where it is of one.

    Most moments are told of more than once, with other temperatures, and one column says by whom.
    """
    times = [one for one in (columns.at, columns.day, columns.clock) if one is not None]
    rows = [cells for _number, cells in columns.body[:LOOKED_AT] if cell_of(cells, value)]
    by_moment: dict[tuple[str, ...], list[Sequence[str]]] = defaultdict(list)
    for cells in rows:
        by_moment[tuple(cell_of(cells, one) for one in times)].append(cells)
    several = [some for some in by_moment.values() if len({cell_of(c, value) for c in some}) > 1]
    if len(several) * 2 < len(by_moment) or not several:
        return []
    width = max(len(cells) for cells in rows)
    labels = [column for column in range(width) if column not in (*times, value)]
    return next((names for one in labels if (names := _names(several, one))), [])


def _names(several: Sequence[Sequence[Sequence[str]]], column: int) -> list[str]:
    """Return what stands in a column, if that tells the rows of each moment apart."""
    found: dict[str, int] = defaultdict(int)
    for rows in several:
        names = {cell_of(cells, column) for cells in rows}
        if len(names) < len(rows) or "" in names:
            return []
        for name in names:
            found[name] += 1
    is_few = len(found) <= MOST_SENSORS and min(found.values()) * 2 >= len(several)
    return sorted(found) if is_few else []
