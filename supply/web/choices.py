"""What an address or a form chooses among words."""

from __future__ import annotations

import enum
from typing import TypeVar

from supply.refusals import InvalidInput

Choice = TypeVar("Choice", bound=enum.StrEnum)


def chosen(kind: type[Choice], text: str | None, default: Choice) -> Choice:
    """Return the member of ``kind`` that an address names, or ``default``."""
    return next((member for member in kind if member.value == text), default)


def picked(kind: type[Choice], text: str | None, field: str, message: str) -> Choice:
    """Return the member of ``kind`` that a form's ``field`` names; raises InvalidInput.

    What is done on a page has no default: nonsense must not do the first thing on the list.
    """
    member = next((member for member in kind if member.value == text), None)
    if member is None:
        raise InvalidInput((field, message))
    return member
