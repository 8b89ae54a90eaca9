"""What a formulation being put together carries and costs: allergens, what must not meet, money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue import queries as catalogue
from supply.catalogue.allergens import allergen_code
from supply.catalogue.mixing import clashes, is_drug
from supply.catalogue.models import Product, ProductAllergen, ProductIngredient
from supply.catalogue.rules import pack_price
from supply.db import db
from supply.formulations.goods import Good
from supply.formulations.rules import CostedLine, session_cost
from supply.inventory.worth import last_costs
from supply.money import Money, round_minor
from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class Portion:
    """How much of a good a session takes, with what stays in the syringe; None while unreadable."""

    good: Good
    quantity: Decimal | None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Meeting:
    """A pair that must not meet: what is said, of which goods, and who says so."""

    sentence: str
    names: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Tally:
    """What the lines carry and cost together, for one area.

    ``at_last_cost`` and ``at_price`` count the lines whose cost is what the clinic paid last, or
    the best price it is offered; ``unknown`` names the others, which the cost leaves out.
    """

    cost: Money | None
    at_last_cost: int
    at_price: int
    unknown: tuple[str, ...]
    allergens: tuple[str, ...]
    meetings: tuple[Meeting, ...]


def tally(clinic: Clinic, portions: Sequence[Portion], today: dt.date) -> Tally:
    """Return what ``portions`` carry and cost. A fixed number of statements."""
    goods = {portion.good.code: portion.good for portion in portions}
    products = {key for good in goods.values() for key in good.product_ids}
    counted = [portion for portion in portions if not portion.optional]
    paid = last_costs(clinic.id, [g.item_id for g in goods.values() if g.item_id is not None])
    offered = _best_prices(clinic, products, today)
    priced = {
        good.code: paid.get(good.item_id or 0, _lowest(good, offered)) for good in goods.values()
    }
    known = [portion for portion in counted if portion.quantity and priced[portion.good.code]]
    last = [portion for portion in known if (portion.good.item_id or 0) in paid]
    cost = session_cost([_costed(portion, priced[portion.good.code]) for portion in known])
    return Tally(
        cost=Money(round_minor(cost), clinic.currency) if known and cost is not None else None,
        at_last_cost=len(last),
        at_price=len(known) - len(last),
        unknown=tuple(portion.good.name for portion in counted if portion not in known),
        allergens=_allergens(products),
        meetings=_meetings(list(goods.values())),
    )


def _costed(portion: Portion, unit_minor: Decimal | None) -> CostedLine:
    good = portion.good
    container = None if unit_minor is None else unit_minor * good.content
    return CostedLine(
        portion.quantity or ZERO, good.content, good.dose, portion.optional, container
    )


def _lowest(good: Good, offered: dict[int, Decimal]) -> Decimal | None:
    return min((offered[key] for key in good.product_ids if key in offered), default=None)


def _best_prices(
    clinic: Clinic, product_ids: Collection[int], today: dt.date
) -> dict[int, Decimal]:
    """Return by product the price of a base unit, at its minimum order, in the clinic's currency.

    Products nobody sells any more, or not in that currency, are left out.
    """
    prices = catalogue.prices_for(sorted(product_ids), clinic.practice_id, clinic.currency, today)
    found = {}
    for row in db.session.execute(_packs(product_ids)):
        rows = prices.get(row.id, [])
        packs = row.minimum_order_packs
        minor = pack_price(rows, clinic.practice_id, clinic.currency, packs, today)
        if minor is not None:
            found[row.id] = Decimal(minor) / (row.content_per_container * row.containers_per_pack)
    return found


def _packs(product_ids: Collection[int]) -> sa.Select[int, int, Decimal, int]:
    return sa.select(
        Product.id,
        Product.minimum_order_packs,
        Product.content_per_container,
        Product.containers_per_pack,
    ).where(Product.id.in_(product_ids), Product.withdrawn_at.is_(None))


def _allergens(product_ids: Collection[int]) -> tuple[str, ...]:
    found = db.session.scalars(
        sa.select(ProductAllergen.allergen)
        .where(ProductAllergen.product_id.in_(product_ids))
        .distinct()
    )
    return tuple(sorted({allergen_code(text) for text in found}))


def _meetings(goods: Sequence[Good]) -> tuple[Meeting, ...]:
    injected = [good for good in goods if good.injectable]
    if len(injected) < 2:
        return ()
    names = ingredients_of({key for good in injected for key in good.product_ids})
    parts = [[name for key in one.product_ids for name in names.get(key, ())] for one in injected]
    contained = {
        place: told for place, told in enumerate(parts) if is_drug(injected[place].unit, told)
    }
    return tuple(
        Meeting(
            str(clash.pair.sentence),
            tuple(injected[place].name for place in clash.item_ids),
            str(clash.pair.source),
        )
        for clash in clashes(contained)
    )


def ingredients_of(product_ids: Collection[int]) -> dict[int, list[str]]:
    """Return by product its ingredients' names."""
    found: dict[int, list[str]] = {}
    rows = db.session.execute(
        sa.select(ProductIngredient.product_id, ProductIngredient.name)
        .where(ProductIngredient.product_id.in_(product_ids))
        .order_by(ProductIngredient.product_id, ProductIngredient.position)
    )
    for row in rows:
        found.setdefault(row.product_id, []).append(row.name)
    return found
