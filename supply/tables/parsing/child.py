"""The process of its own in which a file is read: the file on stdin, JSON lines on stdout.

It can write no other file than the one that stdout is, and in that no more than the limit."""

from __future__ import annotations

import json
import sys
from collections.abc import Set as AbstractSet
from contextlib import suppress

from . import limits
from .content import Part, read
from .troubles import Trouble, Unreadable

MEMORY = 1024 * 1024 * 1024
"""Bytes of address space the process may have."""


def main(seconds: int, names: AbstractSet[str]) -> None:
    """Read the file within ``seconds`` of processor time; every answer is data, never code."""
    _limit(seconds)
    out = sys.stdout.buffer
    encode = json.JSONEncoder(separators=(",", ":")).encode

    def emit(part: Part) -> None:
        out.write(encode(part).encode() + b"\n")

    try:
        read(sys.stdin.buffer.read(), names, emit)
    except Unreadable as unreadable:
        _say(unreadable)
    except MemoryError:
        _say(Unreadable(Trouble.TOO_LARGE))
    out.flush()


def _say(unreadable: Unreadable) -> None:
    line = json.dumps({"trouble": unreadable.trouble, "row": unreadable.row})
    sys.stdout.buffer.write(line.encode() + b"\n")


def _limit(seconds: int) -> None:
    """Bound memory, time and files where the system can; it gives way to everybody else."""
    try:
        import os
        import resource
        import signal
    except ImportError:  # not a Unix
        return
    for what, most in (
        ("RLIMIT_AS", MEMORY),  # not kept on macOS, whose deadline still holds
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", limits.MAXIMUM_ANSWER),
        ("RLIMIT_CORE", 0),
    ):
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, what), (most, most))
    with suppress(AttributeError, ValueError):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # too long an answer ends the process
    with suppress(OSError):
        os.nice(5)
