"""What an order costs beside its goods, and whether it is large enough to be taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from supply.baskets.pricing import TaxOf, taxes_on
from supply.conditions import rules as conditions
from supply.conditions.queries import terms_for
from supply.conditions.rules import Terms
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import BelowMinimum
from supply.vat.queries import Rates
from supply.vat.rules import Taxed, TaxTerms
from supply.vat.terms import TaxClass


@dataclass(frozen=True, slots=True)
class Charges:
    """What an order of goods is charged for being sent, and what it lacks: sums in minor units."""

    carriage: Taxed
    missing_minor: int
    """To the supplier's minimum order; 0 where it is enough."""
    minimum_minor: int
    to_free_minor: int | None
    """Goods for so much more would make carriage free; None where nothing does or it is."""


def charges(goods: Sequence[Taxed], terms: Terms, tax_of: TaxOf) -> Charges:
    """Return what goods are charged beside them, on the supplier's terms."""
    net = sum(line.net_minor for line in goods)
    carriage = Taxed(conditions.carriage_minor(net, terms), carriage_tax(goods, tax_of))
    return Charges(
        carriage,
        conditions.missing_minor(net, terms),
        terms.minimum_minor or 0,
        conditions.to_free_minor(net, terms),
    )


def carriage_tax(goods: Sequence[Taxed], tax_of: TaxOf) -> TaxTerms:
    """Return how carriage is taxed: as the goods it is for, at the standard rate if they differ."""
    kinds = {line.terms for line in goods}
    return kinds.pop() if len(kinds) == 1 else tax_of(TaxClass.STANDARD)


def draft_charges(
    order: PurchaseOrder,
    goods: Sequence[Taxed],
    on: dt.date,
    *,
    terms: Terms | None = None,
    rates: Rates | None = None,
) -> Charges:
    """Return what a draft's goods would be charged that day; a query for what is not given."""
    known = terms_for_order(order) if terms is None else terms
    return charges(goods, known, taxes_on(order, on, rates))


def terms_for_order(order: PurchaseOrder) -> Terms:
    """Return the supplier's terms for an order's practice and currency. One query."""
    return terms_for(order.supplier_id, order.clinic.practice_id, order.currency)


def check_minimum(order: PurchaseOrder, found: Charges) -> None:
    """Refuse an order that lacks something to its supplier's minimum. Raises BelowMinimum."""
    if found.missing_minor:
        minimum = Money(found.minimum_minor, order.currency)
        missing = Money(found.missing_minor, order.currency)
        raise BelowMinimum(order.supplier.name, minimum, missing)


def copy_carriage(order: PurchaseOrder, on: dt.date) -> None:
    """Copy what sending an order costs that day, by the prices and VAT its lines hold.

    Raises:
        BelowMinimum: its goods are worth less than its supplier's minimum order.
    """
    goods = [Taxed(line.total_minor, line.tax_terms) for line in order.lines]
    found = draft_charges(order, goods, on)
    check_minimum(order, found)
    order.carriage_minor = found.carriage.net_minor
    order.carriage_tax_category = found.carriage.terms.category
    order.carriage_tax_basis_points = found.carriage.terms.basis_points
