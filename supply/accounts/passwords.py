"""Passwords are kept as argon2id hashes; checking one costs the same whoever it is for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200
"""Longer than anyone types, short enough that hashing it is no way to tire the server."""
LONGEST_TYPED = 1000
"""Before normalisation, which shortens what a keyboard writes in parts."""

GUESSES = 1_000_000
"""A password that takes fewer is common: some years of tries against one account."""

_READ = 32
"""Characters whose guesses are counted at a time: the count takes long for long riddles."""
_OWN = 3
"""Characters from which on a word of a name counts as one's own."""
_REST = 6
"""Characters there must be besides one's own words."""
_PARTS = re.compile(r"[\W_]+")

_hasher = PasswordHasher()


def normalised(password: str) -> str:
    """Return ``password`` as one character sequence, however the keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """Return the argon2id hash of ``password``, with its own salt."""
    return _hasher.hash(normalised(password))


def matches(password: str, kept: str | None) -> bool:
    """Return whether ``password`` is the one behind ``kept``.

    Without a kept hash (nobody there, or no password yet) a throw-away one is checked, so
    that the time an answer takes does not tell who has an account.
    """
    try:
        _hasher.verify(kept or _nobodys(), normalised(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Return whether ``kept`` was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)


def is_common(password: str) -> bool:
    """Return whether ``password`` is among what is tried first: lists, rows of keys, sequences."""
    from zxcvbn import zxcvbn  # a megabyte of lists, and only new passwords are asked about

    parts = {password[:_READ], password[-_READ:]}
    return all(zxcvbn(part)["guesses"] < GUESSES for part in parts)


def is_own_words(password: str, own: Collection[str]) -> bool:
    """Return whether little is left of ``password`` without the words of ``own``."""
    rest = password.casefold()
    for word in sorted(own_words(own), key=len, reverse=True):
        rest = rest.replace(word, "")
    return len(_PARTS.sub("", rest)) < min(_REST, len(_PARTS.sub("", password)))


def own_words(texts: Iterable[str]) -> set[str]:
    """Return the words of names and addresses, in small letters."""
    parts = (part for text in texts for part in _PARTS.split(normalised(text).casefold()))
    return {part for part in parts if len(part) >= _OWN}


@cache
def _nobodys() -> str:
    return hashed("nobody's")
