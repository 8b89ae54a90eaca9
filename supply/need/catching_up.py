"""Summing up a long ledger before the sweep that needs it, slice by slice."""

from __future__ import annotations

import datetime as dt

from supply.db import transaction
from supply.need.use import sum_up_slice, take_turns


def catch_up(now: dt.datetime) -> int:
    """Sum up what is waiting in whole slices, each a transaction of its own; return how many.

    Whoever writes meanwhile waits for a slice at most, and whoever comes after a kill goes on
    behind the last whole one: the mark moves with its sums. The rest is left to the sweep.
    """
    slices = 0
    while True:
        with transaction():
            take_turns()
            if not sum_up_slice(now):
                return slices
        slices += 1
