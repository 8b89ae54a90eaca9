"""Short codes people read out and type: no look-alikes, unguessable, unique."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from supply.db import db

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""31 signs without 0, 1, I, L and O."""


_KIND_OF_BARCODE = re.compile(r"^\][A-Z]\d")
_ON_A_LABEL = re.compile(r"^\(?91\)?SS:(.+)")
"""How a label of ours begins, before the code and the field that follows."""

_GS = "\x1d"

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−ß´'/"), "-")
"""What a scanner set to another country's keyboard types for a dash."""


def tidy_code(text: str, prefix: str, length: int) -> str:
    """Return a typed or scanned code as codes are kept: upper case, ``prefix`` and a dash in front.

    ``length`` signs follow. Some scanners put the kind of barcode before it ("]C0"); some keyboards
    have another dash.
    """
    bare = "".join(text.split()).translate(_DASHES).upper()
    bare = _KIND_OF_BARCODE.sub("", bare.lstrip(_GS)).lstrip(_GS)
    if label := _ON_A_LABEL.match(bare):
        # The code has its length: what follows it needs no separator.
        bare = label[1][: len(prefix) + 1 + length]
    if bare.startswith(f"{prefix}-"):
        return bare
    # A code may itself begin with these letters: only those in front of all of it go.
    return f"{prefix}-{bare[len(prefix) :] if len(bare) == len(prefix) + length else bare}"


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
