"""What rooms above tell of what a session falls short of: which sister clinic could spare it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

from supply.accounts.models import Clinic

Short = Mapping[int, Decimal]
"""How much is missing, by item."""

SpareTeller = Callable[[Clinic, Short, dt.datetime], Mapping[int, str]]

_tellers: list[SpareTeller] = []


def spare_teller(function: SpareTeller) -> SpareTeller:
    """Register ``function`` to say, in a sentence by item, who could spare what is missing."""
    _tellers.append(function)
    return function


def spared(clinic: Clinic, short: Short, now: dt.datetime) -> dict[int, str]:
    """Return who could spare what ``clinic`` is short of, as far as anybody can; ask only then."""
    found: dict[int, str] = {}
    if short:
        for told in _tellers:
            found |= told(clinic, short, now)
    return found
