"""Lots that may be one, spelled in two ways: told to the person, never decided for them.

12-3 and 1-23 are two lots; AB-12 and AB12 may be, or one that was mistyped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.db import db
from supply.inventory.models import Lot, Move
from supply.inventory.rules import lot_likeness, normalise_lot
from supply.inventory.taking_in import Incoming

_SQL_VARIABLES = 500


class Lookalike(NamedTuple):
    """A lot number that is new to its item, and one that looks like it."""

    field: str
    new: str
    known: str


def among(lines: Sequence[Incoming]) -> list[Lookalike]:
    """Return which of ``lines`` would make a lot that looks like one of the same item."""
    known = _known(lines)
    found = []
    for line in lines:
        number = normalise_lot(line.lot_number)
        alike = known.setdefault((line.item.id, lot_likeness(line.lot_number)), {})
        if alike and number not in alike:
            found.append(Lookalike(line.field, line.lot_number, next(iter(alike.values()))))
        alike.setdefault(number, line.lot_number)
    return found


def of_item(item_id: int, number: str) -> str | None:
    """Return the newest lot of an item that looks like ``number``, which it has not."""
    return db.session.scalar(
        sa.select(Lot.number)
        .where(Lot.item_id == item_id, Lot.likeness == lot_likeness(number))
        .order_by(Lot.id.desc())
        .limit(1)
    )


def no_such_lot(item_id: int | None, name: str, number: str) -> str:
    """Return the sentence that an item has no such lot, with the one that may be meant."""
    meant = of_item(item_id, number) if item_id is not None else None
    if meant is None:
        return str(_("%(name)s has no lot %(lot)s.", name=name, lot=number))
    return str(
        _(
            "%(name)s has no lot %(lot)s. Is %(known)s meant?",
            name=name,
            lot=number,
            known=meant,
        )
    )


def notes_of_entry(entry_id: int | None) -> list[str]:
    """Return a sentence for each lot that an entry made and that looks like an older one."""
    if entry_id is None:
        return []
    new, known, any_move = sa.orm.aliased(Lot), sa.orm.aliased(Lot), sa.orm.aliased(Move)
    first = sa.select(sa.func.min(any_move.entry_id)).where(any_move.lot_id == new.id)
    rows = db.session.execute(
        sa.select(new.number, sa.func.min(known.number))
        .join(Move, Move.lot_id == new.id)
        .join(known, sa.and_(known.item_id == new.item_id, known.likeness == new.likeness))
        .where(Move.entry_id == entry_id, known.id < new.id, first.scalar_subquery() == entry_id)
        .group_by(new.id, new.number)
        .order_by(new.id)
    )
    return [
        _(
            "Lot %(new)s looks like lot %(known)s, known before. If they are one, undo this and"
            " enter it as %(known)s.",
            new=number,
            known=older,
        )
        for number, older in rows
    ]


def _known(lines: Sequence[Incoming]) -> dict[tuple[int, str], dict[str, str]]:
    """Return the numbers there are by (item, likeness), each by how it is compared."""
    items = {line.item.id for line in lines}
    wanted = sorted({lot_likeness(line.lot_number) for line in lines})
    known: dict[tuple[int, str], dict[str, str]] = {}
    for start in range(0, len(wanted), _SQL_VARIABLES):
        some = wanted[start : start + _SQL_VARIABLES]
        for lot in db.session.execute(
            sa.select(Lot.item_id, Lot.likeness, Lot.normalised, Lot.number)
            .where(Lot.item_id.in_(items), Lot.likeness.in_(some))
            .order_by(Lot.id)
        ):
            known.setdefault((lot.item_id, lot.likeness), {})[lot.normalised] = lot.number
    return known
