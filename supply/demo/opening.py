"""The first morning: what formulations need, the levels to order at, and the opening stock."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from supply.accounts.models import Practice
from supply.actor import SYSTEM
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.db import db
from supply.demo.buying import Offer
from supply.demo.levels import Levels, Need, levels_for, weekly_use
from supply.demo.schedule import Diary, ProtocolFacts
from supply.demo.ward import Ward
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind
from supply.items.models import Item
from supply.items.services import item_of_product, items_for_codes
from supply.money import round_minor
from supply.quantity import whole_containers
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method
from supply.sentences import say
from supply.treatments.models import Protocol
from supply.treatments.protocols import protocols_of

SHELF = {
    "LIDO-1-MDV20": 1,
    "NACL-BAC-MDV30": 5,
    "WFI-A20x10": 1,
    "GAUZE-10": 2,
    "MASK-IIR": 3,
    "SHARPS-2L": 1,
    "PEN-MARK": 1,
    "DEV-LOGGER": 2,
}
"""Packs of what every clinic has beside what its formulations need."""


def protocols_by_code(practice: Practice) -> dict[str, Protocol]:
    """Return the practice's protocols by code."""
    return {protocol.code: protocol for protocol in protocols_of(practice.id)}


def facts_of(protocol: Protocol) -> ProtocolFacts:
    """Return what a diary needs of ``protocol``."""
    days = tuple(day.day for day in protocol.days)
    return ProtocolFacts(protocol.code, protocol.formulation.code, days)


def formulation_needs(practice: Practice) -> dict[str, list[Need]]:
    """Return the lines of the practice's formulations, by the formulation's code."""
    rows = db.session.execute(
        sa.select(Formulation.code, FormulationLine.quantity, Item)
        .join(FormulationVersion, FormulationVersion.formulation_id == Formulation.id)
        .join(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .join(Item, Item.id == FormulationLine.item_id)
        .where(Formulation.practice_id == practice.id)
        .order_by(Formulation.id, FormulationLine.position)
    )
    needs: dict[str, list[Need]] = defaultdict(list)
    for code, quantity, item in rows:
        content = item.content_per_container
        needs[code].append(Need(item.id, item.code, item.unit, quantity, content, item.dose))
    return dict(needs)


def link_every_supplier(practice: Practice, began: dt.datetime) -> None:
    """Let each item of the practice be bought from every supplier that offers it its SKU."""
    products = db.session.scalars(
        sa.select(Product)
        .join(Item, sa.and_(Item.code == Product.sku, Item.practice_id == practice.id))
        .where(offered_to(practice.id))
        .order_by(Product.id)
    ).all()
    for product in products:
        item_of_product(practice.id, product, now=began)


def levels_of(
    diary: Diary, needs: Mapping[str, Sequence[Need]], days: Iterable[dt.date]
) -> dict[int, Levels]:
    """Return by item id the levels that the diary's use over ``days`` asks for."""
    lived = list(days)
    visits = [visit.formulation for day in lived for visit in diary.visits.get(day, ())]
    weekly = weekly_use(visits, needs, Decimal(len(lived)) / 7)
    return {need.item_id: levels_for(need, use) for need, use in weekly.items()}


def set_policies(ward: Ward, levels: Mapping[int, Levels], began: dt.datetime) -> None:
    """Give every item the clinic uses its fixed reorder point and par level."""
    for item_id, level in levels.items():
        set_policy(
            ward.clinic.id,
            item_id,
            method=Method.FIXED,
            reorder_point=level.reorder_point,
            par_level=level.par_level,
            actor=ward.manager,
            now=began,
        )


def stock_shelves(
    ward: Ward,
    levels: Mapping[int, Levels],
    offers: Mapping[str, Offer],
    began: dt.datetime,
) -> None:
    """Take the opening stock in: par levels, and what lies on every clinic's shelves."""
    items = items_for_codes(
        ward.clinic.practice_id, [*(level.code for level in levels.values()), *SHELF], now=began
    )
    wanted = {code: packs * offers[code].product.pack_quantity for code, packs in SHELF.items()}
    for level in levels.values():
        wanted[level.code] = level.par_level
    lines = [
        _incoming(ward, items[code], quantity, offers[code], began)
        for code, quantity in wanted.items()
    ]
    take_in(
        ward.clinic,
        lines,
        kind=EntryKind.OPENING_BALANCE,
        occurred_at=began,
        reason=ward.written(say("Opening stock")),
        actor=SYSTEM,
        now=began,
    )


def _incoming(
    ward: Ward, item: Item, quantity: Decimal, offer: Offer, began: dt.datetime
) -> Incoming:
    product = offer.product
    content = item.content_per_container
    stocked = content * whole_containers(quantity, content)
    return Incoming(
        item=item,
        lot_number=f"{ward.clinic.code[:1].upper()}{began:%y%m}-{item.id:03d}",
        expiry=_expiry(product, began, ward.rng),
        quantity=stocked,
        product_id=product.id,
        cost_minor=round_minor(offer.pack_minor * stocked / product.pack_quantity),
    )


def _expiry(product: Product, began: dt.datetime, rng: Random) -> dt.date | None:
    if product.shelf_life_months is None:
        return None
    days = product.shelf_life_months * 30 * rng.uniform(0.56, 0.9)
    return began.date() + dt.timedelta(days=int(days))
