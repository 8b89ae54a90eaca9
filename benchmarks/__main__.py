"""``python -m benchmarks``: every benchmark, or those named."""

from __future__ import annotations

import sys

from benchmarks import (
    catalogue,
    foreseeing,
    orders,
    pages,
    projection,
    scale,
    sessions,
    sweeping,
)

ALL = {
    "sessions": sessions.main,
    "scale": scale.main,
    "sweep": sweeping.main,
    "pages": pages.main,
    "catalogue": catalogue.main,
    "orders": orders.main,
    "projection": projection.main,
    "foresee": foreseeing.main,
}


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    for name in sys.argv[1:] or ALL:
        ALL[name]()


if __name__ == "__main__":
    main()
