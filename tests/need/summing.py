"""Sums up past use in slices until it is killed: ``python -m tests.need.summing ENTRIES``.

Says a line at the beginning of each slice: the one before is committed then.
"""

from __future__ import annotations

import datetime as dt
import sys

from supply import create_app
from supply.need import catching_up, use
from tests.factories import NOW

SETTLED = NOW + dt.timedelta(hours=1)
"""When all that was recorded at :data:`tests.factories.NOW` is settled."""


def main() -> None:
    """Catch up in slices of so many entries."""

    def say() -> None:
        use.take_turns()
        sys.stdout.write("slice\n")
        sys.stdout.flush()

    vars(use)["SLICE"] = int(sys.argv[1])
    vars(catching_up)["take_turns"] = say
    with create_app().app_context():
        catching_up.catch_up(SETTLED)


if __name__ == "__main__":
    main()
