"""The worlds of the outbox's tests, for its pages."""

from tests.outbox.conftest import queue

__all__ = ["queue"]
