"""What an address chooses among words."""

from __future__ import annotations

import enum
from typing import TypeVar

Choice = TypeVar("Choice", bound=enum.StrEnum)


def chosen(kind: type[Choice], text: str | None, default: Choice) -> Choice:
    """Return the member of ``kind`` that an address names, or ``default``."""
    return next((member for member in kind if member.value == text), default)
