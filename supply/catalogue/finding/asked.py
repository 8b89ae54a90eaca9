"""What a search asks the index for: every group must be met, each by one of its phrases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from supply.catalogue.finding import synonyms

WHOLE = 2
"""A word of so few signs is matched whole beside others, or as a short form: "c", "ha"."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word to find; unless ``whole``, what begins with it is found too."""

    word: str
    whole: bool = False


Phrase = tuple[Term, ...]
Group = tuple[Phrase, ...]
"""Phrases of which one is enough."""


def groups_of(words: Sequence[str], starts: Callable[[str], bool]) -> list[Group]:
    """Return what ``words`` ask for, with all that means the same.

    ``starts`` says whether a word of the catalogue starts with a text: one that does not is
    looked up among the words we know as well, however little of it is typed yet.
    """
    known = synonyms.phrases()
    return [
        tuple(_synonym(same) for same in known[phrase])
        if phrase in known
        else _plain(phrase[0], alone=len(words) == 1, starts=starts)
        for phrase in phrases_of(words)
    ]


def phrases_of(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield ``words`` parted into the longest phrases we know, and single words."""
    known = synonyms.phrases()
    place = 0
    while place < len(words):
        lengths = range(min(synonyms.longest(), len(words) - place), 1, -1)
        phrases = (tuple(words[place : place + length]) for length in lengths)
        phrase = next((one for one in phrases if one in known), (words[place],))
        yield phrase
        place += len(phrase)


def _synonym(words: Sequence[str]) -> Phrase:
    return tuple(Term(word, whole=len(word) <= WHOLE + 1) for word in words)


def _plain(word: str, *, alone: bool, starts: Callable[[str], bool]) -> Group:
    if len(word) == 1 and not alone:
        return ((Term(word, whole=True),),)
    typed = (Term(word),)
    if len(word) <= WHOLE + 1 or starts(word):
        figure = word.removesuffix("mm")
        return (typed, (Term(figure, whole=True),)) if figure != word and figure else (typed,)
    begun = sorted(one for one in synonyms.single_words() if one.startswith(word))
    same = dict.fromkeys(ring for one in begun for ring in synonyms.phrases()[(one,)])
    return (typed, *(_synonym(phrase) for phrase in same))
