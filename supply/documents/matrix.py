"""DataMatrix codes in documents: drawn as what they are, squares, at any size."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

QUIET = 1
"""Modules left white around the code."""

OVERLAP = 0.02
"""Of a module: rows that only touch show hairs between them on some printers."""


@dataclass(frozen=True, slots=True)
class Code:
    """The text of a code; with ``gs1`` it is fields as printed, "(10)A1"."""

    text: str
    gs1: bool = False


def modules(code: Code) -> list[list[bool]]:
    """Return the rows of a square DataMatrix: True is black."""
    import numpy as np
    import zxingcpp

    made = zxingcpp.create_barcode(code.text, zxingcpp.DataMatrix, gs1=code.gs1, force_square=True)
    black: list[list[bool]] = (np.array(made.to_image(add_quiet_zones=False)) < 128).tolist()
    return black


def draw(page: FPDF, code: Code, x: float, y: float, side: float) -> float:
    """Draw ``code`` into a square of ``page``, its quiet zone included; return the width used."""
    rows = modules(code)
    across = len(rows[0]) + 2 * QUIET
    module = side / max(across, len(rows) + 2 * QUIET)
    page.set_fill_color(0, 0, 0)
    for number, row in enumerate(rows):
        at = QUIET
        for black, run in groupby(row):
            width = len(list(run))
            if black:
                page.rect(
                    x + at * module,
                    y + (number + QUIET) * module,
                    width * module,
                    module * (1 + OVERLAP),
                    style="F",
                )
            at += width
    return across * module
