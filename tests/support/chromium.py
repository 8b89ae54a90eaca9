"""Find the Chromium that the browser tests drive, and say so when there is none."""

import os
import shutil
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET_ARGUMENTS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


def chromium_arguments() -> list[str]:
    """Return the command-line arguments to start it with.

    Its sandbox refuses to work for root and inside most CI containers; the only pages it opens
    are our own.
    """
    sandboxed = os.geteuid() != 0 and os.environ.get("CI") != "true"
    return [*QUIET_ARGUMENTS, *([] if sandboxed else ["--no-sandbox"])]
