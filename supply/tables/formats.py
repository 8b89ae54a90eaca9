"""Number formats: what they let a cell show, besides and instead of what it holds.

A format has up to four sections, parted by semicolons: for positive numbers, negative ones,
zero, and text. In each, some signs stand for digits or parts of a date; the rest is printed as
it is, so that ``0"00"`` shows 500 where the cell holds 5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_PIECE = re.compile(
    r'"[^"]*"?|\\.?|_.?|\*.?|\[[^\]]*\]?|General|AM/PM|A/P|E[+-]|.', re.DOTALL | re.IGNORECASE
)
_COLOUR = re.compile(
    r"\[(?:black|blue|cyan|green|magenta|red|white|yellow|color ?\d+)\]", re.IGNORECASE
)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_LOCALE = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_DATE_LETTERS = re.compile(r"[dmyghseb]", re.IGNORECASE)
_WRITTEN_ALIKE = {"general": "General", "e+": "E+", "e-": "E-"}
_BESIDE = frozenset(" -+()$€£¥/:\u00a0\u202f")
"""Signs that are printed without quotation marks."""


@dataclass(frozen=True, slots=True)
class Section:
    """``pattern`` stands for the content, ``words`` are printed beside it.

    ``strange`` is a section with a condition, other numerals, or a filler that is printed.
    """

    pattern: str = ""
    words: str = ""
    strange: bool = False

    @property
    def is_general(self) -> bool:
        """Whether it shows a number as it was typed."""
        return self.pattern in ("General", "@")

    @property
    def is_date(self) -> bool:
        """Whether it shows a number as a date or a time of day."""
        bare = self.pattern.replace("General", "").replace("E+", "").replace("E-", "")
        return _DATE_LETTERS.search(bare) is not None

    @property
    def is_whole_date(self) -> bool:
        """Whether day, month and year are all shown."""
        letters = set(self.pattern.lower())
        return {"d", "m"} <= letters and bool(letters & {"y", "e"})

    @property
    def shows_time_alone(self) -> bool:
        """Whether hours and minutes are shown, and no part of a date."""
        letters = set(self.pattern.lower().replace("am/pm", ""))
        return {"h", "m"} <= letters and not letters & {"d", "y", "e"}

    @property
    def shows_hours(self) -> bool:
        """Whether hours are shown, beside a date or alone."""
        return "h" in self.pattern.lower()


@lru_cache(maxsize=1024)
def sections(form: str) -> tuple[Section, ...]:
    """Return the sections of a number format; no format shows what was typed."""
    if form.casefold() in ("", "general", "standard"):
        return (Section("General"),)
    parts: list[list[str]] = [[]]
    for piece in _PIECE.findall(form):
        if piece == ";":
            parts.append([])
        else:
            parts[-1].append(piece)
    return tuple(_section(pieces) for pieces in parts)


def for_number(form: str, sign: int) -> Section:
    """Return the section that shows a number above (1), below (-1) or of zero (0)."""
    parts = sections(form)
    if sign == 0 and len(parts) > 2:
        return parts[2]
    if sign < 0 and len(parts) > 1:
        return parts[1]
    return parts[0]


def shows_text(form: str) -> bool:
    """Return whether a text is shown as it is."""
    parts = sections(form)
    for_text = parts[3:] or [part for part in parts if "@" in part.pattern]
    return all(part == Section("@") for part in for_text)


def _section(pieces: list[str]) -> Section:
    pattern, words, strange = [], [], False
    for piece in pieces:
        first = piece[0]
        if first in '"\\':
            words.append(piece[1:].removesuffix('"') if first == '"' else piece[1:])
        elif first == "*":
            strange |= piece != "* "
        elif first == "[":
            printed, meant, known = _bracket(piece)
            words.append(printed)
            pattern.append(meant)
            strange |= not known
        elif piece in _BESIDE:
            words.append(piece)
        elif first != "_":
            pattern.append(_WRITTEN_ALIKE.get(piece.casefold(), piece))
    return Section("".join(pattern), "".join(words), strange)


def _bracket(piece: str) -> tuple[str, str, bool]:
    """Return what is printed, what stands for content, and whether it is understood."""
    if _COLOUR.fullmatch(piece):
        return "", "", True
    if _ELAPSED.fullmatch(piece):
        return "", piece[1:-1], True
    if match := _LOCALE.fullmatch(piece):
        return match[1], "", True
    return "", "", False
