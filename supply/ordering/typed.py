"""Packs and days that people type into rows, read; what cannot be read is named by its field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from flask_babel import gettext as _

from supply.ordering.rules import MOST_PACKS

Fault = tuple[str, str]
"""The name of a field, and what is wrong with it in words."""


def read_packs(text: str, field: str, name: str, faults: list[Fault]) -> int:
    """Read whole packs, 0 included; add to ``faults`` and return 0 when they are not."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isdecimal() and len(stripped) <= 9:
        return int(stripped)
    sentence = _("%(name)s: enter whole packs, up to %(most)d.", name=name, most=MOST_PACKS)
    faults.append((field, sentence))
    return 0


def read_day(text: str, field: str, name: str, faults: list[Fault]) -> dt.date | None:
    """Read a date (YYYY-MM-DD), None when empty; add to ``faults`` when it is neither."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        faults.append((field, _("%(name)s: enter the date as 2027-05-31.", name=name)))
        return None


def form_field(field: str, names: Sequence[str]) -> str:
    """Return the form's name of a service's field: ``lines.0.lot`` is ``lot_<name of row 0>``."""
    part = field.split(".")
    if len(part) == 3 and part[1].isdecimal() and int(part[1]) < len(names):
        return f"{part[2]}_{names[int(part[1])]}"
    return field
