"""What replaces products that were left out of the basket: offered on its page, one click each.

What was left out stands in the page's address, so that nothing is kept of it: it is offered until
somebody orders it, or goes elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import url_for

from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.catalogue.successors import replacements
from supply.db import db
from supply.ordering.rules import MOST_PACKS
from supply.text import whole

PARAMETER = "instead"
MOST = 500
"""Products that one address names."""


@dataclass(frozen=True, slots=True)
class InsteadOf:
    """Packs that were asked for of a product that is no longer sold."""

    product_id: int
    packs: int

    def __str__(self) -> str:
        """Return it as it stands in an address: "12x3"."""
        return f"{self.product_id}x{self.packs}"


@dataclass(frozen=True, slots=True)
class Offered:
    """A product that is no longer sold, what replaces it, and how much of it to order."""

    old: Product
    new: Product
    packs: int
    url: str
    """Where ordering it is sent to; it comes back with what else is offered."""


def basket_url(clinic_code: str, asked: Iterable[InsteadOf]) -> str:
    """Return the address of a clinic's basket that offers what replaces these products."""
    said = [str(one) for one in asked]
    return url_for("ordering.basket", clinic_code=clinic_code, instead=said or None)


def read(texts: Iterable[str]) -> list[InsteadOf]:
    """Return what an address names; what is nonsense is left out."""
    found = []
    for text in list(texts)[:MOST]:
        product, _x, packs = text.partition("x")
        product_id, count = whole(product), whole(packs)
        if product_id is not None and count is not None and 1 <= count <= MOST_PACKS:
            found.append(InsteadOf(product_id, count))
    return found


def offered_instead(clinic: Clinic, asked: Sequence[InsteadOf]) -> list[Offered]:
    """Return what the clinic may order instead of ``asked``, in that order; two statements."""
    wanted = sa.select(Product).where(
        Product.id.in_({one.product_id for one in asked}), offered_to(clinic.practice_id)
    )
    old = {product.id: product for product in db.session.scalars(wanted)} if asked else {}
    new = replacements(old.values())
    known = [one for one in asked if one.product_id in new]
    return [
        Offered(
            old[one.product_id],
            new[one.product_id],
            max(one.packs, new[one.product_id].minimum_order_packs),
            url_for(
                "ordering.add",
                clinic_code=clinic.code,
                instead=[str(other) for other in known if other is not one] or None,
            ),
        )
        for one in known
    ]
