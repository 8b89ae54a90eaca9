"""The small world, with reorder points and orders at hand to raise alerts by."""

from tests.replenishment.conftest import order, reorder, world

__all__ = ["order", "reorder", "world"]
