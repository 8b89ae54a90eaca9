"""The cast of these tests."""

from tests.fulfilment.conftest import world

__all__ = ["world"]
