"""Run the stand-in by hand, to try the product: ``python -m tests.support.stripe_standin``.

The product is told where it is by STRIPE_API_BASE, STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET,
which are printed. With ``--webhook`` every event is posted there at once.
"""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import ExitStack
from typing import Final

from tests.support.stripe_standin import SECRET, SECRET_KEY, delivering, over_http, running_standin

PORT: Final = 12_111
ENDS: Final = {signal.SIGINT, signal.SIGTERM}


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="stripe_standin", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--webhook", metavar="URL", help="where events are posted")
    parser.add_argument("--connect", metavar="ACCOUNT", nargs="*", default=[])
    chosen = parser.parse_args()
    # Blocked before any thread starts, so that none of them is ended by a signal meant for us.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    with ExitStack() as stack:
        standin = stack.enter_context(running_standin(chosen.port))
        for account in chosen.connect:
            standin.connect(account)
        if chosen.webhook:
            stack.enter_context(delivering(standin.webhooks, over_http(chosen.webhook)))
        sys.stdout.write(
            f"STRIPE_API_BASE={standin.url}\n"
            f"STRIPE_SECRET_KEY={SECRET_KEY}\n"
            f"STRIPE_WEBHOOK_SECRET={SECRET}\n"
        )
        sys.stdout.flush()
        signal.sigwait(ENDS)


if __name__ == "__main__":
    main()
