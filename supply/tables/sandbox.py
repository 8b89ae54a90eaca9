"""Reading a file where it can do no harm: in a process of its own, bounded in time and memory.

A small text is read here, for its size alone bounds what it may cost. Everything else goes to
``parsing/child.py``, which gets the bytes, no environment, and no file to write but the one
that it answers in, in JSON. It is killed at its deadline. At most :data:`AT_ONCE` run beside one
another. The answer is read line by line: the server holds what the table is made of, no more.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any

from flask_babel import gettext as _

from supply.refusals import Refusal
from supply.tables.parsing import content as parsing
from supply.tables.parsing import limits
from supply.tables.parsing.troubles import Trouble, Unreadable

SMALL_TEXT = 256 * 1024
"""Bytes of text that are read in this process."""

AT_ONCE = 2
"""Files read at the same time by one server process."""

PATIENCE = 20.0
"""Seconds a file waits for its turn before it is refused."""

LEAST_SECONDS, MOST_SECONDS = 2.0, 60.0
"""Processor time any file may take, and the longest one."""

SLOWEST = 4
"""How many times its processor time a file may wait for a busy machine."""

SECONDS_A_MEGABYTE = {True: 8.0, False: 1.5}
"""More time for a packed file, and for text: a bomb is small, an honest file has what it needs."""

_PARSING = Path(__file__).parent
_COMMAND = (
    "import sys; sys.path.append(sys.argv[1]);"
    " from parsing import child; child.main(int(sys.argv[2]), set(sys.argv[3:]))"
)
_PYTHON = (sys.executable, "-I", "-S", "-c")
_KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")

_LONGEST_TROUBLE = 200
"""Bytes at the end of an answer in which it says that the file cannot be read."""

_turns = BoundedSemaphore(AT_ONCE)


class TooBusy(Refusal):
    """Others' files are being read, and this one has waited long enough."""


@contextmanager
def read(content: bytes, names: AbstractSet[str]) -> Iterator[Iterator[Any]]:
    """Give the parts of a file: a head, its rows, a tail (see ``parsing/content.py``).

    ``names`` are headings that may be there.

    Raises:
        Unreadable: no table that can be read; too much; not done by its deadline.
        TooBusy: no turn came.
    """
    if len(content) > limits.MAXIMUM_BYTES:
        raise Unreadable(Trouble.TOO_LARGE)
    if len(content) <= SMALL_TEXT and not content.startswith(b"PK"):
        parts: list[Any] = []
        parsing.read(content, names, parts.append)
        yield iter(parts)
        return
    with TemporaryFile() as answer:
        _read_apart(content, names, answer)
        _check_ending(answer)
        yield map(json.loads, answer)


def _check_ending(answer: IO[bytes]) -> None:
    """Raise what the process says last of a file it refuses; else go back to the beginning."""
    answer.seek(max(0, answer.seek(0, os.SEEK_END) - _LONGEST_TROUBLE))
    last = answer.read().rpartition(b"\n{")[2]
    if last.startswith((b'{"trouble":', b'"trouble":')):
        part = json.loads(b"{" + last.removeprefix(b"{"))
        raise Unreadable(Trouble(part["trouble"]), part["row"])
    answer.seek(0)


def _read_apart(content: bytes, names: AbstractSet[str], answer: IO[bytes]) -> None:
    if not _turns.acquire(timeout=PATIENCE):
        raise TooBusy(_("Other files are being read. Try again in a minute."))
    try:
        _run(content, names, answer)
    finally:
        _turns.release()


def _run(content: bytes, names: AbstractSet[str], answer: IO[bytes]) -> None:
    more = SECONDS_A_MEGABYTE[content.startswith(b"PK")] * len(content) / 1024**2
    seconds = LEAST_SECONDS + more
    seconds = min(MOST_SECONDS, seconds)
    with subprocess.Popen(  # noqa: S603 - our own program
        [*_PYTHON, _COMMAND, str(_PARSING), str(math.ceil(seconds)), *sorted(names)],
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
    ) as child:
        try:
            child.communicate(content, timeout=seconds * SLOWEST)
        except subprocess.TimeoutExpired as late:
            child.kill()
            child.communicate()
            raise Unreadable(Trouble.TOO_LARGE) from late
        except BaseException:
            child.kill()
            raise
    if child.returncode != 0:
        # It ended by a limit of the system, or by what no one foresaw.
        broken = Trouble.TOO_LARGE if child.returncode < 0 else Trouble.BROKEN_WORKBOOK
        raise Unreadable(broken)
