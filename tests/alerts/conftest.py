"""The small world, with reorder points and orders at hand to raise alerts by."""

from tests.replenishment.conftest import order, reorder

__all__ = ["order", "reorder"]
