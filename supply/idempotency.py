"""Answering a repeated request with its first answer."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

from supply.actor import Actor
from supply.db import Base, Instant, Key, db, execute, table, transaction
from supply.outage import Outage, may_be_tried_again, outage_of

TRIES = 5
"""How often work is begun that another's got in the way of."""


class IdempotencyRecord(Base):
    """The first answer given to (person, key); a repeat gets it again."""

    __tablename__ = "idempotency_record"

    person_id: Mapped[int] = mapped_column(Key, primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    at: Mapped[dt.datetime] = mapped_column(Instant, index=True)


# Statements are built once: they run with every write.
_RECORD = table(IdempotencyRecord)
_INSERT_ANSWER = sa.insert(_RECORD)
_SELECT_ANSWER = sa.select(_RECORD.c.request_hash, _RECORD.c.answer).where(
    _RECORD.c.person_id == sa.bindparam("person"), _RECORD.c.key == sa.bindparam("used_key")
)


class IdempotencyConflictError(Exception):
    """The key was used before, with other content."""


def content_hash(content: object) -> str:
    """Return a stable hash of JSON-ready request content."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    actor: Actor,
    key: str | None,
    content: object,
    work: Callable[[], dict[str, Any]],
    now: dt.datetime,
) -> dict[str, Any]:
    """Run ``work`` in one transaction, once per (person, key); a repeat gets the first answer.

    The work is tried first and the answer kept after it: most requests are new. A repeat, or
    a twin at the same time, fails (its stock is gone, or the key's row is taken) because the
    first has succeeded, and what it did is rolled back: any failure is therefore checked
    against the kept answers before it is passed on. Refusals are not kept.

    Two who make the same row at once (an item, a lot) or wait for each other's locks cannot both
    go on: the one that failed tries again and finds what the other left.

    Raises:
        IdempotencyConflictError: the key was used with other content.
    """
    for _try in range(TRIES - 1):
        try:
            return _try_once(actor, key, content, work, now)
        except (IntegrityError, OperationalError) as error:
            db.session.rollback()
            # A database that is locked or away is not asked four times more.
            if not isinstance(error, IntegrityError) and not may_be_tried_again(error):
                raise
    return _try_once(actor, key, content, work, now)


def _try_once(
    actor: Actor,
    key: str | None,
    content: object,
    work: Callable[[], dict[str, Any]],
    now: dt.datetime,
) -> dict[str, Any]:
    if key is None or actor.person_id is None:
        with transaction():
            return work()
    request_hash = content_hash(content)
    try:
        with transaction():
            answer = work()
            _keep(actor.person_id, key, request_hash, answer, now)
            return answer
    except Exception as error:
        if outage_of(error) is Outage.UNREACHABLE:
            raise  # Asking it once more would only double the wait.
        found = _first_answer(actor.person_id, key, request_hash)
        db.session.rollback()
        if found is None:
            raise
        return found


def _first_answer(person_id: int, key: str, request_hash: str) -> dict[str, Any] | None:
    row = execute(_SELECT_ANSWER, {"person": person_id, "used_key": key}).one_or_none()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise IdempotencyConflictError("This key was used before for something else.")
    answer: dict[str, Any] = row.answer
    return answer


def _keep(
    person_id: int, key: str, request_hash: str, answer: dict[str, Any], now: dt.datetime
) -> None:
    execute(
        _INSERT_ANSWER,
        {
            "person_id": person_id,
            "key": key,
            "request_hash": request_hash,
            "answer": answer,
            "at": now,
        },
    )
