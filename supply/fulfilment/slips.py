"""The barcode of a packing slip: a shipment's code as Code 128, which the scan boxes read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

QUIET = 10
"""Modules left white on either side, without which scanners find no beginning."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode as an SVG path draws it: one unit wide a module, one unit high."""

    width: int
    path: str


def code_128(text: str) -> Bars:
    """Return ``text`` as the bars of a Code 128."""
    from barcode.codex import Code128

    modules = str(Code128(text).build()[0])
    parts = []
    at = QUIET
    for bit, run in groupby(modules):
        width = len(list(run))
        if bit == "1":
            parts.append(f"M{at} 0h{width}v1h-{width}z")
        at += width
    return Bars(at + QUIET, "".join(parts))
