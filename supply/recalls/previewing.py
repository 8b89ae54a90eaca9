"""What a supplier sees of a recall before it is declared: whom it sent some, and how much is left.

Of practices that have some from elsewhere only how many they are: a look is no way to learn what
others' customers have.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic, Practice, Supplier
from supply.db import AnyRow, db
from supply.items.models import Item
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import ZERO
from supply.recalls.declaring import Looked
from supply.recalls.figures import items_of, rows_of_lots
from supply.recalls.reaching import sent_lines
from supply.shipping.models import Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class Seen:
    """What is seen: own customers with packs sent, how many others have some, what is left."""

    customers: list[AnyRow]
    others: int
    left: list[tuple[Item, Decimal]]
    """What is on hand or on its way in all of them together, as the item of one measures it.

    By unit and content: what practices call it, and by which code, is theirs.
    """
    in_depot: int
    """Lots in own stock that are held as well."""


def seen_by(supplier: Supplier, looked: Looked) -> Seen:
    """Return what ``supplier`` sees of what a notice would reach."""
    practices = looked.reach.practices
    customers = [row for row in _sent(supplier, looked) if row.practice_id in practices]
    others = set(practices) - {row.practice_id for row in customers}
    lots = [lot for practice in practices for lot in looked.reach.lots[practice]]
    rows = rows_of_lots(lots, looked.what, practices)
    items = items_of(rows)
    left: dict[tuple[str, Decimal], tuple[Item, Decimal]] = {}
    for row in rows:
        item = items[row.item_id]
        measured = (item.unit, item.content_per_container)
        known, amount = left.get(measured, (item, ZERO))
        left[measured] = (known, amount + row.unaccounted)
    own = [p for p, owner in looked.reach.depots.items() if owner == supplier.id]
    return Seen(
        customers,
        len(others),
        [one for one in left.values() if one[1]],
        sum(len(looked.reach.lots[practice]) for practice in own),
    )


def _sent(supplier: Supplier, looked: Looked) -> list[AnyRow]:
    """Return the practices that the supplier sent some, and how many packs."""
    query = (
        sa.select(
            Practice.id.label("practice_id"),
            Practice.name,
            sa.func.sum(ShipmentLine.packs).label("packs"),
        )
        .select_from(ShipmentLine)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .join(Clinic, Clinic.id == PurchaseOrder.clinic_id)
        .join(Practice, Practice.id == Clinic.practice_id)
        .where(*sent_lines(looked.what), PurchaseOrder.supplier_id == supplier.id)
        .group_by(Practice.id, Practice.name)
        .order_by(Practice.name, Practice.id)
    )
    return list(db.session.execute(query))
