"""Work that talks to another machine, ended in time whatever that machine does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

LOOK_SECONDS = 0.05
"""How often a wait looks whether it should end."""


def run_within(
    seconds: float,
    work: Callable[[], None],
    *,
    cut: Callable[[], None],
    stop: threading.Event,
    grace: float,
) -> None:
    """Run ``work`` for at most ``seconds``, or ``grace`` seconds more once ``stop`` is set.

    A time limit on a socket counts from byte to byte, and looking up a name has none: so the work
    runs in a thread of its own, and whoever is late is left behind, after ``cut`` has taken from
    it what it works with. Raises what ``work`` raises, or TimeoutError.
    """
    outcome: Future[None] = Future()
    done = threading.Event()
    threading.Thread(target=_work, args=(work, outcome, done), daemon=True).start()
    ends, stopping = time.monotonic() + seconds, False
    while not done.wait(LOOK_SECONDS):
        if stop.is_set() and not stopping:
            ends, stopping = min(ends, time.monotonic() + grace), True
        if time.monotonic() >= ends:
            cut()
            raise TimeoutError
    outcome.result()


def _work(work: Callable[[], None], outcome: Future[None], done: threading.Event) -> None:
    try:
        work()
        outcome.set_result(None)
    except BaseException as error:  # noqa: BLE001 - raised again where the work was asked for
        outcome.set_exception(error)
    finally:
        done.set()
