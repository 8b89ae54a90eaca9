"""Another language that shows what is translated: each text of the product in its own brackets.

What a person reads outside the brackets is either data, or was never marked for translation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Final

import pytest
from babel.support import NullTranslations
from flask_babel import Domain

from supply.items import wording

_VALUE: Final = re.compile(r"(%\(\w+\)[sd])")
_MARKED: Final = re.compile(r"‹[^‹›]*›")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_NOT_WORDS: Final = {"script", "style", "code"}
"""What people do not read as words: names of columns are the same in every language."""

_BETWEEN: Final = "\x1f"
_URL: Final = re.compile(r"https?://[^\s‹›]+")
_READ_ALOUD: Final = ("aria-label", "title", "placeholder", "alt", "data-label", "data-found")


def bracketed(text: str) -> str:
    """Return ``text`` in brackets, the places of its values left outside them."""
    parts = _VALUE.split(text)
    return "".join(
        part if n % 2 or not part.strip() else f"‹{part}›" for n, part in enumerate(parts)
    )


class Bracketing(NullTranslations):
    """A language whose every text is the English one in brackets."""

    def gettext(self, message: str) -> str:
        """Return the text in brackets."""
        return bracketed(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the one or the other in brackets."""
        return bracketed(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Return the text in brackets, whatever it is about."""
        return bracketed(message)

    ugettext = gettext
    ungettext = ngettext
    upgettext = pgettext


def speak_in_brackets(patch: pytest.MonkeyPatch) -> None:
    """Let every text of the app come in brackets from now on."""
    language = Bracketing()
    patch.setattr(Domain, "get_translations", lambda _domain: language)
    # What is kept of one language's words is neither read in brackets nor kept in them.
    patch.setattr(wording, "_measured", wording._measured.__wrapped__)


class _Reader(HTMLParser):
    """Collects what a page shows or reads aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.heard: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _NOT_WORDS
        given = dict(attrs)
        self.heard += [given[name] or "" for name in _READ_ALOUD if name in given]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _NOT_WORDS

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.shown.append(data)


def texts_of(page: str) -> list[str]:
    """Return what people see or hear of a page of HTML, piece by piece.

    A text that goes on over bold words or a link is one piece.
    """
    reader = _Reader()
    reader.feed(page)
    shown = _BETWEEN.join(reader.shown)
    whole = _MARKED.sub(lambda text: text[0].replace(_BETWEEN, " "), shown)
    return [*whole.split(_BETWEEN), *reader.heard]


def unmarked(texts: Iterable[str], own_words: re.Pattern[str]) -> Iterator[str]:
    """Yield the texts with words that are neither in brackets nor people's ``own_words``."""
    for text in texts:
        rest = _URL.sub(" ", " ".join(text.split()))
        while (less := _MARKED.sub(" ", rest)) != rest:
            rest = less
        if _WORD.search(own_words.sub(" ", rest)):
            yield " ".join(text.split())
