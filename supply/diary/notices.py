"""What rooms above have to say on the diary's pages: each registers how it finds out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from supply.accounts.models import Clinic


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence on top of the diary, and the page where something is done about it."""

    text: str
    url: str | None = None
    tone: str = "warn"


Noticing = Callable[[Clinic, dt.date], Iterator[Notice]]

_NOTICING: list[Noticing] = []


def tells(noticing: Noticing) -> Noticing:
    """Register what says, of a clinic on its day, what is to be told there."""
    _NOTICING.append(noticing)
    return noticing


def notices(clinic: Clinic, today: dt.date) -> list[Notice]:
    """Return all that is to be told."""
    return [notice for noticing in _NOTICING for notice in noticing(clinic, today)]
