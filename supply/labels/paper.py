"""Labels as a PDF: the code at the left, the words beside it, as many pages as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from supply.documents import layout, matrix
from supply.labels.labels import Label
from supply.labels.papers import Paper

if TYPE_CHECKING:
    from fpdf import FPDF

EDGE = 2.0
"""Millimetres left white at the label's edge: printers shift."""

GAP = 1.5
LARGEST_CODE = 20.0
TITLE_ROWS = 2
POINTS = 0.3528
"""Millimetres of a point."""


def pdf(title: str, paper: Paper, labels: Sequence[Label], start: int = 1) -> bytes:
    """Return ``labels`` printed one after another, the first at ``start`` of its sheet."""
    page = layout.new_page(title, size=paper.page, margin=0)
    page.c_margin = 0
    sheet = 0
    for label, (number, place) in zip(labels, paper.places(len(labels), start), strict=True):
        while sheet < number:
            page.add_page()
            sheet += 1
        _draw(page, label, paper.corner(place), paper.label)
    return layout.finished(page)


def _draw(page: FPDF, label: Label, corner: tuple[float, float], size: tuple[float, float]) -> None:
    left, top = corner[0] + EDGE, corner[1] + EDGE
    wide, high = size[0] - 2 * EDGE, size[1] - 2 * EDGE
    side = min(high, LARGEST_CODE, wide * 0.42)
    above = (high - side) / 2
    used = matrix.draw(page, label.code, left, top + above, side)
    at, room = left + used + GAP, wide - used - GAP
    rows = _rows(page, label, room, min(9.0, max(5.5, high / 3)))
    tall = sum(row.height for row in rows)
    y = top + min(above, max(high - tall, 0))
    for row in rows:
        page.set_font("DejaVu", "B" if row.bold else "", row.points)
        page.set_xy(at, y)
        page.cell(room, row.height, row.text)
        y += row.height


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    points: float
    bold: bool = False

    @property
    def height(self) -> float:
        return self.points * POINTS * 1.2


def _rows(page: FPDF, label: Label, room: float, points: float) -> list[_Row]:
    """Return the title in at most two rows, cut with dots, and each line whole in a row."""
    page.set_font("DejaVu", "B", points)
    title = layout.readable(page, label.title)
    wrapped = cast("list[str]", page.multi_cell(room, 1, title, dry_run=True, output="LINES"))
    shown = wrapped[:TITLE_ROWS]
    if len(wrapped) > TITLE_ROWS:
        shown[-1] = f"{shown[-1].rstrip(' ,')}…"
    rows = [_fitted(page, row, room, points, bold=True) for row in shown]
    lines = (layout.readable(page, line) for line in label.lines if line)
    return rows + [_fitted(page, line, room, points - 0.5) for line in lines]


def _fitted(page: FPDF, text: str, room: float, points: float, *, bold: bool = False) -> _Row:
    """Return a row as large as fits: a lot or a date that is cut would be another."""
    page.set_font("DejaVu", "B" if bold else "", points)
    width = page.get_string_width(text) or 1
    return _Row(text, points * min(1.0, room / width), bold)
