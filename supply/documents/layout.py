"""The layout that every PDF shares: A4, our fonts, a heading, lines of text, a table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from anyascii import anyascii
from noto_cjk_sans_otc import FONT_PATH

from supply.config import ROOT

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

FONTS = ROOT / "static" / "vendor" / "fonts"

_FROM_THE_RIGHT = ("R", "AL")

Align = Literal["LEFT", "RIGHT", "CENTER"]


def new_page(
    title: str, *, size: tuple[float, float] | None = None, margin: float | None = None
) -> FPDF:
    """Return a document with one empty page, ``title`` in its properties.

    A4, or ``size`` (width and height) with the same ``margin`` all round, in millimetres.
    """
    # fpdf takes a while to import, and few processes make a PDF.
    from fpdf import FPDF

    page = FPDF(format=size or "A4")
    page.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
    page.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
    page.set_title(title)
    page.set_margins(*((margin, margin) if margin is not None else (10, 15)))
    if margin is not None:
        page.set_auto_page_break(auto=False)
    page.add_page()
    return page


def heading(page: FPDF, text: str) -> None:
    """Write the heading of the first page."""
    page.set_font("DejaVu", "B", 16)
    _line(page, readable(page, text), 12)
    page.set_font("DejaVu", "", 10)


def lines(page: FPDF, texts: Iterable[str]) -> None:
    """Write ``texts`` one below the other, and leave some room after them."""
    page.set_font("DejaVu", "", 10)
    for text in texts:
        _line(page, readable(page, text), 6)
    page.ln(4)


def space(page: FPDF) -> None:
    """Leave some room, as between a table and lines below it."""
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
            made.row(tuple(readable(page, cell) for cell in row))


def readable(page: FPDF, text: str) -> str:
    """Return ``text`` so that all of it can be read on ``page``.

    Our font has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic letters. Chinese,
    Japanese and Korean ones come from a second font, which is large: the page gets it when the
    first letter comes that ours lacks. What neither has (Thai, Devanagari, a picture) is spelt
    in Latin letters: a name that can be read aloud, where a font would print nothing. From the
    first text that is written from the right, letters are ordered and joined as its script asks.
    """
    if any(unicodedata.bidirectional(sign) in _FROM_THE_RIGHT for sign in text):
        page.set_text_shaping(use_shaping_engine=True)
    rest = _not_in(_font(page, "dejavu"), text)
    if not rest:
        return text
    rest = _not_in(_east_asian(page), rest)
    return "".join(anyascii(sign) if sign in rest else sign for sign in text)


def _not_in(font: TTFFont, text: str) -> str:
    return "".join(sign for sign in text if ord(sign) not in font.cmap and not sign.isspace())


def _font(page: FPDF, name: str) -> TTFFont:
    return cast("TTFFont", page.fonts[name])


def _east_asian(page: FPDF) -> TTFFont:
    if "cjk" not in page.fonts:
        page.add_font("CJK", "", Path(str(FONT_PATH)))
        page.set_fallback_fonts(["CJK"], exact_match=False)
    return _font(page, "cjk")


def finished(page: FPDF) -> bytes:
    """Return the document as a PDF file's content; the files of its fonts are closed."""
    content = bytes(page.output())
    for name in page.fonts:
        _font(page, name).ttfont.close()
    return content


def _line(page: FPDF, text: str, height: float) -> None:
    page.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT")
