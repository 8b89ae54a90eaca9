"""The arrays this room speaks in."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Units, days, shares."""

Whole: TypeAlias = NDArray[np.int64]
"""Counts and day numbers; day 0 is today."""

Flags: TypeAlias = NDArray[np.bool_]
