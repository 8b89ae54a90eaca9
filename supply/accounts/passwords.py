"""Passwords are kept as argon2id hashes; checking one costs the same whoever it is for."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200
"""Longer than anyone types, short enough that hashing it is no way to tire the server."""

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Return the argon2id hash of ``password``, with its own salt."""
    return _hasher.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Return whether ``password`` is the one behind ``kept``.

    Without a kept hash (nobody there, or no password yet) a throw-away one is checked, so
    that the time an answer takes does not tell who has an account.
    """
    try:
        _hasher.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Return whether ``kept`` was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return hashed("nobody's")
