"""What goes wrong between a caller and Stripe."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import Final

PATIENCE_SECONDS: Final = 60.0


class Fault(Enum):
    """One way in which a request goes wrong."""

    DROP_BEFORE = auto()
    """The connection ends before anything was done."""
    DROP_AFTER = auto()
    """Everything was done, and the answer is lost."""
    ERROR_BEFORE = auto()
    """500, nothing done; carrying out had begun, so the key answers 500 from now on."""
    ERROR_AFTER = auto()
    """500, everything done; the key answers 500 from now on."""
    UNAVAILABLE = auto()
    """503, nothing done, nothing kept."""
    TOO_MANY = auto()
    """429, nothing done, nothing kept."""
    TRUNCATED = auto()
    """Everything was done; the answer is whole HTTP and half a JSON text."""
    CUT_OFF = auto()
    """Everything was done; the connection ends in the middle of the answer."""
    HANG_BEFORE = auto()
    """Nothing is done until the test releases the request."""
    HANG_AFTER = auto()
    """Everything is done, and the answer kept back until the test releases it."""


@dataclass
class Trouble:
    """A fault that waits for its requests.

    ``on`` is a method and path, with wildcards. ``arrived`` is set when a request has met the
    fault, ``ended`` when everything about one has been done; a hanging one goes on once
    ``release`` is called.
    """

    fault: Fault
    on: str
    left: int
    arrived: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def await_arrival(self) -> None:
        """Return once a request has met the fault."""
        assert self.arrived.wait(PATIENCE_SECONDS), f"no request met {self.fault}"

    def release(self) -> None:
        """Let a hanging request go on."""
        self._released.set()

    def release_and_await_end(self) -> None:
        """Let a hanging request go on, and return once it has done all it does."""
        self.release()
        assert self.ended.wait(PATIENCE_SECONDS), f"no request got through {self.fault}"

    def hold(self, fault: Fault) -> None:
        """Hold a request here until it is released, if this is its fault."""
        if self.fault is fault:
            self.arrived.set()
            self._released.wait(PATIENCE_SECONDS)


@dataclass
class Troubles:
    """The faults to come. Whoever asks holds the stand-in's lock."""

    all: list[Trouble] = field(default_factory=list)

    def add(self, fault: Fault, on: str, times: int) -> Trouble:
        """Prepare a fault for the next ``times`` requests that match."""
        trouble = Trouble(fault, on, times)
        self.all.append(trouble)
        return trouble

    def take(self, line: str) -> Trouble | None:
        """Return the first fault that waits for a request of this method and path."""
        for trouble in self.all:
            if trouble.left and fnmatchcase(line, trouble.on):
                trouble.left -= 1
                if trouble.fault not in {Fault.HANG_BEFORE, Fault.HANG_AFTER}:
                    trouble.arrived.set()
                return trouble
        return None

    def release_all(self) -> None:
        """Let everything go on, so that the server can end."""
        for trouble in self.all:
            trouble.release()
