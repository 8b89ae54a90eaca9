"""Who acts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person at an address, or the system itself (no person)."""

    person_id: int | None
    address: str | None = None


SYSTEM = Actor(None)
