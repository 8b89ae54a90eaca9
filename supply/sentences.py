"""Sentences that pure rules say, translated when they are shown.

A rule knows no request, so it cannot ask in which language its words will be read. It says them
in English with :func:`say`; whoever turns the sentence into text (``str()``) gets it in the
language of that moment. The app tells how at its start, with :func:`translate_with`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final


class Sentence:
    """A sentence in English and the values of its ``%(name)s``; ``str()`` is its translation."""

    __slots__ = ("text", "values")

    def __init__(self, text: str, values: dict[str, object]) -> None:
        """Keep both; nothing is looked up yet."""
        self.text: Final = text
        self.values: Final = values

    def __str__(self) -> str:
        """Return the sentence in the language of the moment, its values filled in."""
        text = _translator(self.text)
        return text % self.values if self.values else text

    def __repr__(self) -> str:
        """Show the English, for logs and failing tests."""
        return f"Sentence({self.text!r}, {self.values!r})"


def say(text: str, /, **values: object) -> Sentence:
    """Return ``text`` as a sentence to be translated: ``say("Use %(most)s at most.", most=3)``."""
    return Sentence(text, values)


def translate_with(translator: Callable[[str], str]) -> None:
    """Let ``translator`` turn English into the language of the moment, for this process."""
    global _translator  # noqa: PLW0603 - told once, when the app is made
    _translator = translator


def _as_written(text: str) -> str:
    return text


_translator: Callable[[str], str] = _as_written
