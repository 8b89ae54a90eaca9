"""Wait on a condition, never for a length of time."""

import time
from collections.abc import Callable
from typing import Final

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.02


def wait_until(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    """Return as soon as ``condition`` holds; raise AssertionError when it has not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not true after {patience} seconds"
        time.sleep(PAUSE_SECONDS)
