"""Checking the seals: every row is hashed again, and each seal against the one before."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from supply.db import AnyRow, db
from supply.inventory.verification import also_verify
from supply.seals.digests import SEALED, chained, digest_between
from supply.seals.sealing import SEAL

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
    return []


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
        since = getattr(before, f"{kind}_to", 0)
        if digest_between(kind, seal.form, since, to) != digest:
            yield (
                f"{name}: the {_NAMES[kind]} {since + 1}–{to} are not what was sealed:"
                " one was changed, removed or put in between"
            )
