"""Rows into arrays: which row of an array an item at a clinic is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

Pair = tuple[int, int]
"""A clinic and an item, by id."""

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


def places_of(pairs: Sequence[Pair]) -> dict[Pair, int]:
    """Return the row of each pair."""
    return {pair: place for place, pair in enumerate(pairs)}


def floats(values: Sequence[Decimal]) -> Floats:
    """Return quantities as floating-point numbers, for estimates only."""
    return np.array([float(value) for value in values], dtype=np.float64)


def packed(rows: Whole, count: int) -> Whole:
    """Return each entry's column where entries of one row stand side by side, in their order.

    ``rows`` are the rows of entries, ascending; ``count`` is how many rows there are.
    """
    first = np.searchsorted(rows, np.arange(count))
    columns: Whole = np.arange(rows.size) - first[rows] if rows.size else np.zeros(0, np.int64)
    return columns
