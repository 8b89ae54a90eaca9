"""Checking the seals: every row is hashed again, and each seal against the one before."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from supply.audit.models import AuditRow
from supply.db import AnyRow, db, table
from supply.inventory.verification import also_verify
from supply.seals.digests import BEFORE_ALL, SEALED, chained, digest_between
from supply.seals.sealing import MADE, SEAL, SUBJECT

_NAMES = {"entry": "entries", "move": "moves", "audit_row": "audit rows"}


@also_verify
def verify_seals() -> list[str]:
    """Say which seal is the first that is broken, and what of it; nothing if all hold.

    Those after it rest on it, and are not told of.
    """
    before: AnyRow | None = None
    seals = db.session.execute(sa.select(SEAL).order_by(SEAL.c.number)).all()
    for seal in seals:
        found = list(_broken(seal, before))
        if found:
            return found
        before = seal
    return _missed(before)


def _missed(newest: AnyRow | None) -> list[str]:
    """Say of a seal that the audit knows, newer than the newest there is, that it is gone."""
    row = table(AuditRow)
    noted = sa.select(row.c.subject_id, row.c.at).where(
        row.c.subject_type == SUBJECT, row.c.action == MADE
    )
    last = db.session.execute(noted.order_by(row.c.subject_id.desc()).limit(1)).first()
    if last is None or (newest is not None and last.subject_id <= newest.number):
        return []
    return [f"seal {last.subject_id} of {last.at:%Y-%m-%d %H:%M} UTC: it is gone"]


def _broken(seal: AnyRow, before: AnyRow | None) -> Iterator[str]:
    name = f"seal {seal.number} of {seal.sealed_at:%Y-%m-%d %H:%M} UTC"
    if seal.number != (before.number + 1 if before else 1):
        yield f"{name}: the one before is gone"
        return
    kinds = list(SEALED)
    tos = [getattr(seal, f"{kind}_to") for kind in kinds]
    digests = [getattr(seal, f"{kind}_digest") for kind in kinds]
    chain = chained(before.digest if before else "", seal.number, seal.sealed_at, tos, digests)
    if chain != seal.digest:
        yield f"{name}: it was changed, or is not of this chain"
    for kind, to, digest in zip(kinds, tos, digests, strict=True):
        since = getattr(before, f"{kind}_to", BEFORE_ALL)
        if digest_between(kind, seal.form, since, to) != digest:
            yield (
                f"{name}: the {_NAMES[kind]} {max(since, 0) + 1}–{to} are not what was sealed:"
                " one was changed, removed or put in between"
            )
