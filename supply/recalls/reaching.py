"""Whom a recall reaches: the lots it means, in every practice, and who was sent any of them.

Products are the same by a GTIN at any pack level, or by maker and name, whoever sells them under
whatever SKU. Lots are the same by their normalised number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.same import same_products
from supply.db import db, unindexed
from supply.inventory.models import Lot
from supply.inventory.rules import lot_likeness
from supply.items.models import ItemProduct
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.recalls.models import Recall, RecallLot, RecallProduct
from supply.shipping.models import Shipment, ShipmentLine

_MOST_ALIKE = 20


@dataclass(frozen=True, slots=True)
class Meant:
    """What a recall means: products with all that are the same, and normalised lot numbers."""

    products: frozenset[int]
    numbers: frozenset[str]
    all_lots: bool = False

    def of_number(self, column: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
        """Return the condition that a lot number is one of those meant."""
        return sa.true() if self.all_lots else column.in_(self.numbers)


@dataclass(slots=True)
class Reach:
    """Lots by practice; of a practice that was only sent some of them there are none."""

    lots: dict[int, list[int]] = field(default_factory=dict)
    depots: dict[int, int] = field(default_factory=dict)
    """Of these practices those that are depots, with whose they are."""

    @property
    def practices(self) -> list[int]:
        """The practices of customers, by id."""
        return sorted(self.lots.keys() - self.depots.keys())

    @property
    def lot_count(self) -> int:
        """How many lots customers have."""
        return sum(len(self.lots[practice]) for practice in self.practices)


def meant_by(recall: Recall) -> Meant:
    """Return what a recall means by now: the catalogue may have learned more since."""
    seeds = db.session.scalars(
        sa.select(RecallProduct.product_id).where(RecallProduct.recall_id == recall.id)
    ).all()
    numbers = db.session.scalars(
        sa.select(RecallLot.normalised).where(RecallLot.recall_id == recall.id)
    ).all()
    return meant(seeds, numbers, all_lots=recall.all_lots)


def meant(products: Collection[int], numbers: Iterable[str], *, all_lots: bool) -> Meant:
    """Return what is meant by products and normalised lot numbers."""
    return Meant(frozenset(same_products(products)), frozenset(numbers), all_lots)


def reach_of(what: Meant, practice_ids: Collection[int] | None = None) -> Reach:
    """Return whom ``what`` reaches; of ``practice_ids`` alone, if given."""
    found = Reach()
    for lot_id, practice_id in db.session.execute(_lots(what, practice_ids)):
        found.lots.setdefault(practice_id, []).append(lot_id)
    for practice_id in db.session.scalars(_sent_to(what, practice_ids)):
        found.lots.setdefault(practice_id, [])
    depots = (
        sa.select(Clinic.practice_id, Supplier.id)
        .join(Supplier, Supplier.depot_id == Clinic.id)
        .where(Clinic.practice_id.in_(found.lots))
    )
    found.depots = {row[0]: row[1] for row in db.session.execute(depots)}
    return found


def _lots(what: Meant, practice_ids: Collection[int] | None) -> sa.Select[int, int]:
    return (
        sa.select(Lot.id, Lot.practice_id)
        .where(is_meant(what), *_within(unindexed(Lot.practice_id), practice_ids))
        .order_by(Lot.id)
    )


def is_meant(what: Meant) -> sa.ColumnElement[bool]:
    """Return the condition that a practice's lot is one of those meant.

    An item may be bought as several products and its lot carry one of them, so its number decides;
    where every lot is meant only one whose product is not known follows its item. GTINs that a
    practice gave its own suppliers' products mean nothing elsewhere.
    """
    gtins = (
        sa.select(ProductGtin.gtin)
        .join(Product, Product.id == ProductGtin.product_id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .where(ProductGtin.product_id.in_(what.products), Supplier.practice_id.is_(None))
    )
    items = sa.select(ItemProduct.item_id).where(ItemProduct.product_id.in_(what.products))
    of_item: sa.ColumnElement[bool] = Lot.item_id.in_(items)
    if what.all_lots:
        of_item = sa.and_(of_item, Lot.product_id.is_(None))
    of_product = sa.or_(Lot.product_id.in_(what.products), Lot.gtin.in_(gtins), of_item)
    return sa.and_(what.of_number(Lot.normalised), of_product)


def sent_lines(what: Meant) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that a line of a shipment, with its order line, is meant."""
    return (what.of_number(ShipmentLine.normalised), OrderLine.product_id.in_(what.products))


def _sent_to(what: Meant, practice_ids: Collection[int] | None) -> sa.Select[int]:
    return (
        sa.select(Clinic.practice_id)
        .distinct()
        .select_from(ShipmentLine)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .join(Clinic, Clinic.id == PurchaseOrder.clinic_id)
        .where(*sent_lines(what), *_within(Clinic.practice_id, practice_ids))
        .order_by(Clinic.practice_id)
    )


def _within(
    column: sa.SQLColumnExpression[int], practice_ids: Collection[int] | None
) -> list[sa.ColumnElement[bool]]:
    return [] if practice_ids is None else [column.in_(practice_ids)]


def labels_of(what: Meant) -> dict[str, str]:
    """Return how labels say the numbers that are meant, by how they are compared.

    As most people wrote them who shipped some or took some in; every lot is no number.
    """
    if what.all_lots:
        return {}
    lots = sa.select(Lot.normalised, Lot.number.label("said")).where(is_meant(what))
    sent = (
        sa.select(ShipmentLine.normalised, ShipmentLine.lot_number)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(*sent_lines(what))
    )
    all_of_them = sa.union_all(lots, sent).subquery()
    count = sa.func.count()
    rows = db.session.execute(
        sa.select(all_of_them.c.normalised, all_of_them.c.said)
        .group_by(all_of_them.c.normalised, all_of_them.c.said)
        .order_by(count, all_of_them.c.said.desc())
    )
    return {row.normalised: row.said for row in rows}


def alike(what: Meant, numbers: Collection[str]) -> list[str]:
    """Return lot numbers of the same products that look like ``numbers`` and are none of them.

    Such as AB0-1 for ABO-1: a slip of the notice, or of who received it. A person has to look.
    """
    looks = {lot_likeness(number) for number in numbers} - {""}
    if not looks or what.all_lots:
        return []
    every = Meant(what.products, what.numbers, all_lots=True)
    items = sa.select(ItemProduct.item_id).where(ItemProduct.product_id.in_(what.products))
    found = db.session.scalars(
        sa.select(Lot.number)
        .distinct()
        .where(
            Lot.likeness.in_(looks),
            sa.or_(is_meant(every), Lot.item_id.in_(items)),
            Lot.normalised.not_in(what.numbers),
        )
        .order_by(Lot.number)
        .limit(_MOST_ALIKE)
    )
    return sorted(found)
