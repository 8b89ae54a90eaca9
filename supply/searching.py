"""Searching by words, the same on every database.

What a row is searched by is folded once, when it is written, into a column of its own: no
database folds text as another does. A search looks for each word in that column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from supply.text import search_key

INDEX = "product_words"
"""The table of the catalogue's index of words, and how those are called that SQLite adds to it.

Triggers keep it, each database has one of its own kind, and nothing else is in it than elsewhere.
"""

MOST_WORDS = 8
"""Words of a search that are looked for; the rest are ignored."""


def words_of(*texts: str | None) -> str:
    """Return ``texts`` as a search finds them, the first of them first: it also sorts by it."""
    return search_key(" ".join(text for text in texts if text))


def wanted(text: str) -> list[str]:
    """Return the words that are looked for, folded as :func:`words_of` folds."""
    return search_key(text).split()[:MOST_WORDS]


def mentions(column: sa.orm.InstrumentedAttribute[str], word: str) -> sa.ColumnElement[bool]:
    """Return the condition that ``column`` has ``word``, one of :func:`wanted`."""
    return column.contains(word, autoescape=True)


def follows(model: type[Any], column: str, how: Callable[[Any], str]) -> None:
    """Keep ``column`` of ``model`` at what ``how`` says of a row, whenever the session writes one.

    A statement that writes rows past the session says it itself.
    """

    def keep(_mapper: object, _connection: object, row: Any) -> None:
        value = how(row)
        if getattr(row, column) != value:
            setattr(row, column, value)

    event.listen(model, "before_insert", keep)
    event.listen(model, "before_update", keep)
