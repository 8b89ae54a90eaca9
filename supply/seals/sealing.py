"""Making a seal: once an hour, over rows that are certain to be all there.

Ids are given out before they are committed, so on PostgreSQL a row may appear below one that is
there already. What is to be sealed is therefore marked first: up to the newest row of each kind;
and sealed once no transaction is left that was running then. Nobody waits for it, and nothing is
locked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from supply.actor import SYSTEM
from supply.audit import services as audit
from supply.db import AnyRow, db, table, transaction, upsert
from supply.seals.digests import BEFORE_ALL, FORM, SEALED, chained, digest_between
from supply.seals.models import Seal

SEAL = table(Seal)

MADE = "seal.made"
SUBJECT = "seal"
"""How the audit says that there is a seal: taken away, it is missed, though none follows it yet."""

_RUNNING_SINCE = sa.text(
    # A reader that is idle holds no id: those are taken in the statement that writes.
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start <= :noted"
    " AND (backend_xid IS NOT NULL OR (state = 'active' AND query_start <= :noted))"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """Up to which ids rows are to be sealed, and when that was noted, by the database's clock."""

    upto: dict[str, int]
    noted: dt.datetime | None


class Sealing:
    """The hourly seal, tried more often: marks, then seals what is certain to be all there."""

    def __init__(self) -> None:
        """Begin without a mark."""
        self._mark: Mark | None = None

    def __call__(self, now: dt.datetime) -> int | None:
        """Seal, if this hour has no seal yet; return its number, or None if there was none made.

        A first mark is sealed at once where nothing else is running, or else at a later try.
        """
        if _is_sealed(now):
            return None
        if self._mark is None:
            self._mark = mark()
        if not is_settled(self._mark):
            return None
        number = seal(self._mark, now)
        self._mark = None
        return number


def _is_sealed(now: dt.datetime) -> bool:
    found = _newest_outside()
    return found is not None and _hour(found.sealed_at) >= _hour(now)


def _hour(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def newest() -> AnyRow | None:
    """Return the newest seal: a row of :data:`SEAL`."""
    return db.session.execute(sa.select(SEAL).order_by(SEAL.c.number.desc()).limit(1)).first()


def _newest_outside() -> AnyRow | None:
    """Return the newest seal, and leave no transaction open."""
    found = newest()
    db.session.rollback()
    return found


def mark() -> Mark:
    """Return the newest id of each kind of row, noted now."""
    last_ids = {
        name: sa.select(sa.func.coalesce(sa.func.max(rows.c.id), 0)).scalar_subquery()
        for name, rows in SEALED.items()
    }
    row = db.session.execute(sa.select(*(one.label(name) for name, one in last_ids.items()))).one()
    on_postgresql = db.engine.dialect.name == "postgresql"
    noted = db.session.scalar(sa.select(sa.func.clock_timestamp())) if on_postgresql else None
    db.session.rollback()
    return Mark(dict(row._mapping), noted)


def is_settled(marked: Mark) -> bool:
    """Return whether all rows up to a mark are there: nothing is running that was running then.

    SQLite has one writer at a time: what it has committed is all there is.
    """
    if marked.noted is None:
        return True
    running = db.session.scalar(_RUNNING_SINCE, {"noted": marked.noted})
    db.session.rollback()
    return not running


def seal(marked: Mark, now: dt.datetime) -> int | None:
    """Seal rows up to a mark that is settled; return the number, None if a twin was first.

    Hashing takes no lock, for the rows stay as they are; only the seal itself is written.
    """
    before = _newest_outside()
    values = _values(marked, before, now)
    with transaction():
        found = newest()
        if (found and found.number) != (before and before.number):
            return None
        insert = upsert(SEAL).on_conflict_do_nothing().returning(SEAL.c.number)
        made: int | None = db.session.execute(insert, values).scalar_one_or_none()
        if made is not None:
            audit.record(SYSTEM, MADE, (SUBJECT, made), now, after={"digest": values["digest"]})
    return made


def _values(marked: Mark, before: AnyRow | None, now: dt.datetime) -> dict[str, object]:
    number = before.number + 1 if before else 1
    since = {kind: getattr(before, f"{kind}_to", BEFORE_ALL) for kind in SEALED}
    upto = {kind: max(marked.upto[kind], since[kind]) for kind in SEALED}
    digests = {kind: digest_between(kind, FORM, since[kind], upto[kind]) for kind in SEALED}
    db.session.rollback()
    chain = before.digest if before else ""
    return {
        "number": number,
        "sealed_at": now,
        "form": FORM,
        **{f"{kind}_to": to for kind, to in upto.items()},
        **{f"{kind}_digest": digest for kind, digest in digests.items()},
        "digest": chained(chain, number, now, upto.values(), digests.values()),
    }
