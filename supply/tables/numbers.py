"""Numbers that are text, in the style of the file they stand in.

One file writes 1,250.5 and another 1.250,5. What a single cell cannot tell, the others do:
"5,0" says that this file's comma is the decimal sign. What nothing tells is refused.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable

from flask_babel import gettext as _

from supply import money
from supply.tables.kinds import Misleading
from supply.text import whole


class Style(enum.Enum):
    """Which sign stands before the decimals."""

    POINT = "."
    COMMA = ","
    MIXED = "mixed"
    UNKNOWN = "unknown"


_PLAIN = re.compile(r"[+-]?\d+")
_ONE_SIGN = re.compile(r"[+-]?(\d+)([.,])(\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ '’]\d{3})+(?:[.,]\d+)?")
_POINT_GROUPS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_COMMA_GROUPS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+|[+-]?\d{1,3}(?:,\d{3}){2,}")


_BESIDE = re.compile(r"([^\d.,+-]*)([+-]?[.,]?\d(?:[\d.,'’ ]*\d)?)(\D*)")


def parted(cell: str) -> tuple[str, str]:
    """Return a price and the currency beside it: "12,50" and "€" of "€ 12,50"."""
    match = _BESIDE.fullmatch(cell)
    if match is None:
        return cell, ""
    before, number, after = (part.strip() for part in match.groups())
    words = before or after
    if (before and after) or not money.is_sign(words):
        return cell, ""
    return number, words


def whole_number(cell: str, least: int, most: int) -> int:
    """Return the whole number in ``cell``.

    Raises:
        ValueError: it is none, or not from ``least`` to ``most``; the message says so.
    """
    number = whole(cell.lstrip("0") or cell[:1])
    if number is not None and least <= number <= most:
        return number
    raise ValueError(_("Enter a whole number from %(least)d to %(most)d.", least=least, most=most))


def style_of(cells: Iterable[str], delimiter: str | None) -> Style:
    """Return the style that the number cells of a file agree on.

    Where none of them tells, or some contradict, a file whose cells are parted by commas
    writes points.
    """
    told = {style for cell in cells if (style := _told_by(_ungrouped(cell)))}
    if len(told) == 1:
        return told.pop()
    if delimiter == ",":
        return Style.POINT
    return Style.MIXED if told else Style.UNKNOWN


def plain_number(cell: str, style: Style) -> str:
    """Return a number as ``1250.5``; what is no number stays as it is, for others to refuse.

    Raises:
        Misleading: it could be one of two numbers in this file.
    """
    bare = _ungrouped(cell)
    if _PLAIN.fullmatch(bare):
        return bare
    own = _told_by(bare)
    match = _ONE_SIGN.fullmatch(bare)
    if own is None and match is None:
        return cell
    if own and style not in (own, Style.UNKNOWN):
        return cell  # in no style of this file: whoever reads the column refuses it
    decimal = own or _decimal_of(match, style)
    if decimal is None:
        raise Misleading(
            _(
                "“%(text)s” could be read in two ways in this file. Write it without signs"
                " between thousands, and with the decimal sign of the other rows.",
                text=cell,
            )
        )
    other = "," if decimal is Style.POINT else "."
    return bare.replace(other, "").replace(decimal.value, ".")


def _told_by(cell: str) -> Style | None:
    """Return the style that a cell can only be in."""
    if _POINT_GROUPS.fullmatch(cell):
        return Style.COMMA
    if _COMMA_GROUPS.fullmatch(cell):
        return Style.POINT
    match = _ONE_SIGN.fullmatch(cell)
    if match is None:
        return None
    before, sign, after = match.groups()
    # Three digits after the sign, and one to three before it, may be thousands; 0,125 is not.
    if len(after) == 3 and len(before) <= 3 and before != "0":
        return None
    return Style(sign)


def _decimal_of(match: re.Match[str] | None, style: Style) -> Style | None:
    """Return the decimal sign of a number such as 12.500 or 1,250, or None where unsure."""
    if match is None or style in (Style.MIXED, Style.UNKNOWN):
        return None
    return style if match[2] == style.value else None


def _ungrouped(cell: str) -> str:
    return re.sub("[ '’]", "", cell) if _GROUPED.fullmatch(cell) else cell
