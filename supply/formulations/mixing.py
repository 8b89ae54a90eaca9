"""Which items must not be injected together, by what the products they are bought as contain."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import sqlalchemy as sa

from supply.catalogue.mixing import LEADING, Clash, clashes, is_drug
from supply.catalogue.models import ProductIngredient
from supply.db import execute, table
from supply.items.models import Item, ItemProduct
from supply.quantity import Unit

_ITEM = table(Item)
_BOUGHT_AS = table(ItemProduct)
_PART = table(ProductIngredient)


def clashes_among(injected: Mapping[int, Unit]) -> list[Clash]:
    """Return what must not meet among injected items, whose units these are by their ids.

    One statement at most.
    """
    if len(injected) < 2:
        return []
    contained: dict[int, set[str]] = {item_id: set() for item_id in injected}
    for row in execute(_ingredients(), {"items": list(injected)}):
        contained[row.item_id].add(row.name)
    return clashes(
        {key: names for key, names in contained.items() if is_drug(injected[key], names)}
    )


@cache
def _ingredients() -> sa.Select[int, str]:
    return (
        sa.select(_BOUGHT_AS.c.item_id, _PART.c.name)
        .join(_PART, _PART.c.product_id == _BOUGHT_AS.c.product_id)
        .where(_BOUGHT_AS.c.item_id.in_(sa.bindparam("items", expanding=True)))
    )


def may_clash() -> sa.ColumnElement[bool]:
    """Return, for a statement over items, whether one has what may not meet something else.

    So that recording a session, which asks it of every line, reads ingredients only then.
    """
    leads = (
        sa.exists()
        .where(
            _BOUGHT_AS.c.item_id == _ITEM.c.id,
            _PART.c.product_id == _BOUGHT_AS.c.product_id,
            sa.or_(*(_PART.c.searched.contains(word) for word in LEADING)),
        )
        .correlate(_ITEM)
    )
    return sa.and_(_ITEM.c.injectable, leads)
