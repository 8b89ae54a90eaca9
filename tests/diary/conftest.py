"""The world in which treatments are given, for what is booked in it."""

from __future__ import annotations

from tests.treatments.conftest import formulation, shelves, world

__all__ = ["formulation", "shelves", "world"]
