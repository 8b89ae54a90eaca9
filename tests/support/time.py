"""A clock that stands still until it is moved."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass
class Clock:
    """The time it is for the product, where ``clock.now`` is made to ask this one."""

    now: dt.datetime

    def forward(self, **by: float) -> dt.datetime:
        """Let time pass (``hours=1``) and return the new now."""
        self.now += dt.timedelta(**by)
        return self.now
