"""Baskets and drafts: what a clinic is about to order."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.baskets.pricing import copy_pack, prices_on
from supply.baskets.seen_prices import price_the_line, see_prices
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.catalogue.successors import replacements
from supply.codes import unused_code
from supply.db import db
from supply.items import services as items
from supply.ordering import rules
from supply.ordering.events import locked_order, require_stage, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.refusals import Withdrawn
from supply.ordering.terms import Stage
from supply.refusals import InvalidInput


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Packs of a product to order, and why. ``raise_to``: have this many, not this many more."""

    product_id: int
    packs: int
    why: str = ""
    raise_to: bool = False


def add_to_basket(
    clinic: Clinic, lines: Sequence[BasketLine], *, actor: Actor, now: dt.datetime
) -> list[PurchaseOrder]:
    """Put ``lines`` into the clinic's baskets, one for each supplier; return those touched.

    A product already there gets more packs (or is raised to them); a line starts at the
    product's minimum order. Locks the clinic's row, so that two people make one basket, then
    the baskets by supplier id.

    Raises:
        InvalidInput: unknown product, or packs out of range, every fault named.
        Withdrawn: products no longer sold, all of them.
    """
    products = _products(clinic, lines)
    db.session.execute(
        sa.select(Clinic.id).where(Clinic.id == clinic.id).with_for_update(key_share=True)
    )
    by_supplier: dict[int, list[BasketLine]] = defaultdict(list)
    for line in lines:
        by_supplier[products[line.product_id].supplier_id].append(line)
    touched = []
    for supplier_id in sorted(by_supplier):
        order = _basket(clinic, supplier_id, actor, now)
        for line in by_supplier[supplier_id]:
            _merge(order, products[line.product_id], line, now)
        touched.append(_saved(order, "order.basket_filled", actor, now))
    return touched


def create_draft(
    clinic: Clinic,
    supplier: Supplier,
    lines: Sequence[BasketLine],
    *,
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Return a new draft of its own, beside the basket, with exactly the packs asked for.

    Raises:
        InvalidInput: no lines, unknown or foreign product, packs out of range or below the
            minimum order, every fault named as ``lines.<n>.sku`` or ``lines.<n>.packs``.
        Withdrawn: products no longer sold, all of them.
    """
    if not lines:
        raise InvalidInput(("lines", _("Give at least one product.")))
    products = _products(clinic, lines, supplier)
    faults = [
        (f"lines.{number}.packs", _minimum_sentence(products[line.product_id]))
        for number, line in enumerate(lines)
        if line.packs < products[line.product_id].minimum_order_packs
    ]
    if faults:
        raise InvalidInput(*faults)
    order = _new_order(clinic, supplier.id, actor, now, basket=False)
    for line in lines:
        _merge(order, products[line.product_id], line, now)
    return _saved(order, "order.drafted", actor, now)


def set_packs(
    order_id: int,
    packs: Mapping[int, int],
    *,
    seen: Mapping[int, int] | None = None,
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Set the packs of a draft's lines, by line id; lines not named stay. Locks the order.

    ``seen`` are prices of a pack that were shown, by line id, in minor units: a price that has
    changed since the line was put in counts as seen from now on.

    Raises:
        WrongStage: not a draft.
        InvalidInput: packs out of range or below the minimum order, field ``packs_<line id>``.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    if seen:
        see_prices(order, seen, today_at(order, now))
    faults = []
    for line in order.lines:
        wanted = packs.get(line.id, line.packs)
        if fault := _packs_fault(wanted) or _below_minimum(line.product, wanted):
            faults.append(
                (f"packs_{line.id}", str(_("%(what)s: %(more)s", what=line.name, more=fault)))
            )
        line.packs = max(wanted, 1)
    if faults:
        raise InvalidInput(*faults)
    return _saved(order, "order.packs_set", actor, now)


def remove_line(order_id: int, line_id: int, *, actor: Actor, now: dt.datetime) -> BasketLine:
    """Take a line off a draft; return what would put it back. Locks the order.

    Raises:
        WrongStage: not a draft.
        InvalidInput: the order has no such line.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    line = next((line for line in order.lines if line.id == line_id), None)
    if line is None:
        raise InvalidInput(("line", _("This line is no longer on the order.")))
    removed = BasketLine(line.product_id, line.packs, line.why, raise_to=True)
    order.lines.remove(line)
    _saved(order, "order.line_removed", actor, now)
    return removed


def replace_line(order_id: int, line_id: int, *, actor: Actor, now: dt.datetime) -> OrderLine:
    """Put what replaces a line's product into the draft instead, as many packs of it.

    Return the line of the replacement. Locks the order.

    Raises:
        WrongStage: not a draft.
        InvalidInput: the order has no such line, or nothing replaces its product.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    line = next((line for line in order.lines if line.id == line_id), None)
    instead = replacements([line.product]).get(line.product_id) if line else None
    if line is None or instead is None:
        raise InvalidInput(("line", _("This line is no longer on the order.")))
    order.lines.remove(line)
    db.session.flush()
    _merge(order, instead, BasketLine(instead.id, line.packs, line.why), now)
    _saved(order, "order.line_replaced", actor, now)
    return next(line for line in order.lines if line.product_id == instead.id)


def _products(
    clinic: Clinic, lines: Sequence[BasketLine], supplier: Supplier | None = None
) -> dict[int, Product]:
    """Return the products by id; refuse packs out of range, strangers and withdrawn ones."""
    wanted = Product.id.in_({line.product_id for line in lines})
    offered = sa.select(Product).where(wanted, offered_to(clinic.practice_id))
    found = {product.id: product for product in db.session.scalars(offered)}
    faults = []
    for number, line in enumerate(lines):
        product = found.get(line.product_id)
        if product is None or (supplier is not None and product.supplier_id != supplier.id):
            faults.append((f"lines.{number}.sku", _("This supplier does not sell this product.")))
        if fault := _packs_fault(line.packs):
            faults.append((f"lines.{number}.packs", fault))
    if faults:
        raise InvalidInput(*faults)
    withdrawn = [product.name for product in found.values() if product.withdrawn_at is not None]
    if withdrawn:
        raise Withdrawn(withdrawn)
    return found


def _packs_fault(packs: int) -> str | None:
    if 1 <= packs <= rules.MOST_PACKS:
        return None
    return str(_("Enter whole packs from 1 to %(most)d.", most=rules.MOST_PACKS))


def _below_minimum(product: Product, packs: int) -> str | None:
    return _minimum_sentence(product) if packs < product.minimum_order_packs else None


def _minimum_sentence(product: Product) -> str:
    return str(
        ngettext(
            "The minimum order is %(num)d pack.",
            "The minimum order is %(num)d packs.",
            product.minimum_order_packs,
        )
    )


def _basket(clinic: Clinic, supplier_id: int, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    basket_id = db.session.scalar(
        sa.select(PurchaseOrder.id).where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.supplier_id == supplier_id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
        )
    )
    if basket_id is not None:
        return locked_order(basket_id)
    return _new_order(clinic, supplier_id, actor, now, basket=True)


def _new_order(
    clinic: Clinic, supplier_id: int, actor: Actor, now: dt.datetime, *, basket: bool
) -> PurchaseOrder:
    order = PurchaseOrder(
        number=unused_code("PO", (4, 2), PurchaseOrder.number),
        clinic_id=clinic.id,
        supplier_id=supplier_id,
        currency=clinic.currency,
        stage=Stage.DRAFT,
        basket=basket,
        created_by_id=actor.person_id,
        created_at=now,
    )
    db.session.add(order)
    db.session.flush()
    return order


def _merge(order: PurchaseOrder, product: Product, wanted: BasketLine, now: dt.datetime) -> None:
    line = next((line for line in order.lines if line.product_id == product.id), None)
    if line is None:
        line = _new_line(order, product, now)
    line.packs = rules.merged_packs(
        line.packs or 0, wanted.packs, product.minimum_order_packs, raise_to=wanted.raise_to
    )
    line.why = wanted.why or line.why or ""
    if fault := _packs_fault(line.packs):
        raise InvalidInput(("packs", f"{product.name}: {fault}"))


def _new_line(order: PurchaseOrder, product: Product, now: dt.datetime) -> OrderLine:
    item = items.item_of_product(order.clinic.practice_id, product, now=now)
    line = OrderLine(
        position=max((line.position for line in order.lines), default=0) + 1,
        product=product,
        item_id=item.id,
        pack_minor=0,
    )
    copy_pack(line)
    line.product_id = product.id
    with db.session.no_autoflush:
        order.lines.append(line)
    return line


def _saved(order: PurchaseOrder, action: str, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Flush a draft with today's prices on its lines (0 where there is none yet), and audit it."""
    packs_before = {line: sa.inspect(line).attrs.packs.history.deleted for line in order.lines}
    db.session.flush()
    price_of = prices_on(order, today_at(order, now))
    for line in order.lines:
        before = (packs_before[line] or [line.packs])[0] or line.packs
        price_the_line(line, price_of, before)
    db.session.flush()
    audit.record(
        actor,
        action,
        ("purchase_order", order.id),
        now,
        practice_id=order.clinic.practice_id,
        clinic_id=order.clinic_id,
        supplier_id=order.supplier_id,
        after={"number": order.number, "packs": {line.sku: line.packs for line in order.lines}},
    )
    return order
