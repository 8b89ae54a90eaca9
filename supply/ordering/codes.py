"""Short codes people read out and type: no look-alikes, unguessable, unique."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from supply.db import db

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 signs without 0, 1, I, L and O."""


def unused_code(
    prefix: str,
    groups: Sequence[int],
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
) -> str:
    """Return a code such as ``PO-7KQ4-29`` (groups 4 and 2) that ``column`` does not hold yet.

    Two people may still draw the same unused code at once, one time in hundreds of millions:
    the unique key then refuses the second, and nothing is half done.
    """
    while True:
        parts = ["".join(secrets.choice(ALPHABET) for _ in range(size)) for size in groups]
        code = "-".join([prefix, *parts])
        if db.session.scalar(sa.select(sa.exists().where(column == code))) is False:
            return code
