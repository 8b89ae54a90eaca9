"""Programs of our own that read what people bring, apart from the server's memory and time."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: 0 is well, below 0 killed; and what it wrote. None: it took too long."""

    code: int | None
    output: bytes = b""

    @property
    def overrun(self) -> bool:
        """Whether it took more time or memory than it may."""
        return self.code is None or self.code < 0


def run(program: Path, arguments: list[str], content: bytes, *, seconds: float) -> Ended:
    """Run a Python file in a process of its own, ``content`` on its standard input."""
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-I", str(program), *arguments],
            input=content,
            capture_output=True,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Ended(None)
    return Ended(done.returncode, done.stdout)
