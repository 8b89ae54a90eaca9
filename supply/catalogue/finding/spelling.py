"""What was meant by a word that nothing in the catalogue starts with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

SHORTEST = 4
"""Letters below which a word is not corrected: too many others are near."""


def slips_allowed(word: str) -> int:
    """Return how many slips of the keyboard are forgiven in ``word``."""
    return 1 if len(word) < 6 else 2


def may_be_corrected(word: str) -> bool:
    """Return whether ``word`` is one of letters, long enough; codes and figures are as they are."""
    return len(word) >= SHORTEST and word.isalpha()


def nearest(word: str, known: Mapping[str, int]) -> str | None:
    """Return the one of ``known`` (word -> how often) nearest to ``word``, or None.

    A whole word with the fewest slips, then the most frequent, then by alphabet; else the
    nearest beginning of one, as long as half-typed words are.
    """
    most = slips_allowed(word)
    whole: list[tuple[int, int, str]] = []
    begun: list[tuple[int, int, str]] = []
    for other in _alike(word, known, most):
        slips = slips_to_beginnings(word, other)
        if slips[-1] <= most:
            whole.append((slips[-1], -known[other], other))
        fewest = min(slips)
        if fewest <= most:
            start = max(length for length, count in enumerate(slips) if count == fewest)
            begun.append((fewest, -known[other], other[:start]))
    best = min(whole or [one for one in begun if len(one[2]) >= SHORTEST], default=None)
    return best[2] if best else None


def _alike(word: str, known: Iterable[str], most: int) -> list[str]:
    """Return those of ``known`` that can be so near: by length and the letters they have."""
    mine, shortest = _letters(word), len(word) - most
    return [
        other
        for other in known
        if len(other) >= shortest and (mine & ~_letters(other)).bit_count() <= most
    ]


@lru_cache(maxsize=65_536)
def _letters(word: str) -> int:
    letters = 0
    for sign in word:
        letters |= 1 << (ord(sign) & 63)
    return letters


def slips_to_beginnings(word: str, other: str) -> list[int]:
    """Return how many slips lie between ``word`` and ``other[:n]``, for every n.

    A slip is a letter more, less or another, or two that changed places (Damerau and
    Levenshtein, each letter moved once).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, sign in enumerate(word, start=1):
        above, row, before_last = row, [place], before
        for there, letter in enumerate(other, start=1):
            least = min(above[there] + 1, row[there - 1] + 1, above[there - 1] + (sign != letter))
            if place > 1 and there > 1 and sign == other[there - 2] and word[place - 2] == letter:
                least = min(least, before_last[there - 2] + 1)
            row.append(least)
        before = above
    return row
