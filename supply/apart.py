"""Work over many, in which one that fails takes none of the others with it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from supply.db import db
from supply.outage import may_be_tried_again, outage_of

Key = TypeVar("Key")
Done = TypeVar("Done")

log = logging.getLogger(__name__)


def apart(
    keys: Sequence[Key], work: Callable[[Sequence[Key]], Done]
) -> tuple[list[Done], dict[Key, str]]:
    """Do ``work`` for all ``keys`` together; if it raises, for halves of them, down to one.

    Return what the work returned, piece by piece, and why it failed for which key. So what is
    sound costs one piece of work, and a poisoned key among n about log n more. Each piece is a
    savepoint of the caller's transaction: one that failed has changed nothing.

    Raises:
        Exception: what the database said when it is away, full or locked, or when another got in
            the way: no key is at fault then, and asking for each would fail for each.
    """
    if not keys:
        return [], {}
    try:
        with db.session.begin_nested():
            return [work(keys)], {}
    except Exception as error:
        if outage_of(error) or may_be_tried_again(error):
            raise
        if len(keys) == 1:
            log.exception("failed for %s alone", keys[0])
            return [], {keys[0]: reason(error)}
    middle = len(keys) // 2
    first, failed = apart(keys[:middle], work)
    rest, failed_too = apart(keys[middle:], work)
    return [*first, *rest], {**failed, **failed_too}


def alone(work: Callable[[], Done], what: str, *about: object) -> Done | None:
    """Do ``work``, which opens a transaction of its own; log ``what`` failed if it raises.

    Return None then: it stops no other, and is done the next time.

    Raises:
        Exception: what the database said when it cannot be used; no work is at fault then.
    """
    try:
        return work()
    except Exception as error:
        if outage_of(error) is not None:
            raise
        log.exception(what, *about)
        return None


def reason(error: Exception) -> str:
    """Return what went wrong, in one line for whoever runs the installation."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:500]
