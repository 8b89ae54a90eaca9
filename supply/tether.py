"""Run a command that ends with the process that started it, even if that one is killed.

Started as a file, not as a module, so that it costs no import of the package.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> None:
    """Ask Linux for SIGTERM at the parent's death, then become ``command``.

    Elsewhere the command simply runs: there it outlives a parent that was killed outright.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1:])
