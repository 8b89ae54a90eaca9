"""What stock cost, as people read it: an amount, and how much of it is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.db import db
from supply.inventory.models import Balance, Entry, Move
from supply.inventory.terms import EntryKind
from supply.items.models import Item
from supply.money import Money
from supply.quantity import ZERO

_BROUGHT = (EntryKind.OPENING_BALANCE, EntryKind.RECEIPT)


@dataclass(frozen=True, slots=True)
class Worth:
    """What some stock cost, in the clinic's currency.

    ``money`` is None where nothing of it is known; ``whole`` says whether all of it is.
    """

    money: Money | None
    whole: bool

    @classmethod
    def of(cls, currency: str, quantity: Decimal, costed: Decimal, minor: int) -> Worth:
        """Return the worth of ``quantity``, of which ``costed`` cost ``minor``."""
        return cls(Money(minor, currency) if costed else None, costed == quantity)


def added(parts: Iterable[Worth]) -> Worth | None:
    """Return what ``parts`` cost together; None of nothing."""
    found = list(parts)
    if not found:
        return None
    known = [part.money for part in found if part.money is not None]
    money = Money(sum(part.minor for part in known), known[0].currency) if known else None
    return Worth(money, all(part.whole for part in found))


def worth_of_lots(clinic_id: int, item_id: int, currency: str) -> dict[int, Worth]:
    """Return what each lot of an item that lies in the clinic cost it."""
    rows = db.session.execute(
        sa.select(
            Balance.lot_id,
            sa.func.sum(Balance.quantity).label("quantity"),
            sa.func.sum(Balance.costed).label("costed"),
            sa.func.sum(Balance.cost_minor).label("minor"),
        )
        .where(
            Balance.clinic_id == clinic_id,
            Balance.item_id == item_id,
            Balance.quantity > sa.literal_column("0"),
        )
        .group_by(Balance.lot_id)
    )
    return {
        row.lot_id: Worth.of(currency, row.quantity, row.costed, int(row.minor)) for row in rows
    }


def last_costs(clinic_id: int, item_ids: Collection[int]) -> dict[int, Decimal]:
    """Return by item what a base unit of it cost the clinic last, in minor units of its currency.

    Items whose cost the clinic never knew are left out.
    """
    # Back from the item's latest move to what last brought some in, not over all there were.
    last = (
        sa.select(Move.id)
        .join(Entry, Entry.id == Move.entry_id)
        .where(
            Move.clinic_id == clinic_id,
            Move.item_id == Item.id,
            Move.costed > ZERO,
            Entry.kind.in_(_BROUGHT),
        )
        .order_by(Move.id.desc())
        .limit(1)
        .correlate(Item)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(Move.item_id, Move.costed, Move.cost_minor)
        .join(Item, Item.id.in_(item_ids))
        .where(Move.id == last)
    )
    return {row.item_id: row.cost_minor / row.costed for row in rows}
