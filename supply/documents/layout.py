"""The layout that every PDF shares: A4, our fonts, a heading, lines of text, a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from supply.config import ROOT

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = ROOT / "static" / "vendor" / "fonts"

Align = Literal["LEFT", "RIGHT", "CENTER"]


def new_page(title: str) -> FPDF:
    """Return a document with one empty page, ``title`` in its properties."""
    # fpdf takes a while to import, and few processes make a PDF.
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
    page.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
    page.set_title(title)
    page.set_margins(10, 15)
    page.add_page()
    return page


def heading(page: FPDF, text: str) -> None:
    """Write the heading of the first page."""
    page.set_font("DejaVu", "B", 16)
    _line(page, text, 12)
    page.set_font("DejaVu", "", 10)


def lines(page: FPDF, texts: Iterable[str]) -> None:
    """Write ``texts`` one below the other, and leave some room after them."""
    page.set_font("DejaVu", "", 10)
    for text in texts:
        _line(page, text, 6)
    page.ln(4)


def table(
    page: FPDF, widths: Sequence[int], aligns: Sequence[Align], rows: Iterable[Sequence[str]]
) -> None:
    """Write a table with a line below each row; the first row is repeated on each page.

    ``widths`` are in proportion to each other and fill the page.
    """
    page.set_font("DejaVu", "", 9)
    with page.table(
        col_widths=tuple(widths), text_align=tuple(aligns), borders_layout="HORIZONTAL_LINES"
    ) as made:
        for row in rows:
            made.row(tuple(row))


def finished(page: FPDF) -> bytes:
    """Return the document as a PDF file's content."""
    return bytes(page.output())


def _line(page: FPDF, text: str, height: float) -> None:
    page.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT")
