"""The barcode of slips and labels: a shipment's code as Code 128, which the scan boxes read."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

QUIET = 10
"""Modules left white on either side, without which scanners find no beginning."""


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode as an SVG path draws it: one unit wide a module, one unit high."""

    width: int
    path: str


def code_128(text: str) -> Bars:
    """Return ``text`` as the bars of a Code 128."""
    runs, width = _runs(text)
    path = "".join(f"M{at} 0h{wide}v1h-{wide}z" for at, wide in runs)
    return Bars(width, path)


def draw(page: FPDF, text: str, x: float, y: float, width: float, height: float) -> None:
    """Draw ``text`` as a Code 128 into a box of ``page``, its quiet zones included; millimetres."""
    runs, modules = _runs(text)
    module = width / modules
    page.set_fill_color(0, 0, 0)
    for at, wide in runs:
        page.rect(x + at * module, y, wide * module, height, style="F")


def _runs(text: str) -> tuple[list[tuple[int, int]], int]:
    """Return where each bar begins and how wide it is, and the width of all, in modules."""
    from barcode.codex import Code128

    runs = []
    at = QUIET
    for bit, run in groupby(str(Code128(text).build()[0])):
        width = len(list(run))
        if bit == "1":
            runs.append((at, width))
        at += width
    return runs, at + QUIET
