"""The cast of these tests."""

from tests.shipping.conftest import world

__all__ = ["world"]
