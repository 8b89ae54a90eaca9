"""The ``supply`` command in a process of its own, as people and operating systems run it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = Path(sys.executable).with_name("supply")
FINISH_SECONDS: Final = 120


@dataclass(frozen=True)
class SupplyCommand:
    """Runs the installed command with the given settings in its environment."""

    settings: Mapping[str, str]

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run to the end. The exit code is for the test to judge."""
        return subprocess.run(
            [COMMAND, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **self.settings},
            timeout=FINISH_SECONDS,
            check=False,
        )

    @contextmanager
    def started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Start it and go on; whatever still runs after the block is killed."""
        process = subprocess.Popen(
            [COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env={**os.environ, **self.settings},
        )
        with process:
            try:
                yield process
            finally:
                process.kill()
