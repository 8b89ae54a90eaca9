"""What an order's lines cost, and whether its products may be bought at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from supply.catalogue import queries as catalogue
from supply.catalogue.models import Product
from supply.catalogue.rules import pack_price
from supply.countries import vat_territory_of_zone
from supply.ordering import rules
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.refusals import EmptyOrder, LicenceNeeded, NoPrice, Withdrawn
from supply.vat.queries import Rates, rates_of
from supply.vat.rules import TaxTerms, Trader, tax_terms
from supply.vat.terms import TaxClass

PriceOf = Callable[[OrderLine, int], int | None]
"""What a pack of a line's product costs when so many are bought, in minor units; None: no price."""


def current_prices(order: PurchaseOrder, on: dt.date) -> dict[int, int | None]:
    """Return by line id what a pack costs on that day, in minor units; None is no price.

    The price is the practice's own before the list's, at the line's number of packs, in the
    order's currency. One query whatever the number of lines.
    """
    price_of = prices_on(order, on)
    return {line.id: price_of(line, line.packs) for line in order.lines}


def prices_on(order: PurchaseOrder, on: dt.date) -> PriceOf:
    """Return what packs of an order's products cost on that day, at any number. One query."""
    practice_id, currency = order.clinic.practice_id, order.currency
    products = [line.product_id for line in order.lines]
    prices = catalogue.prices_for(products, practice_id, currency, on)

    def price_of(line: OrderLine, packs: int) -> int | None:
        return pack_price(prices.get(line.product_id, []), practice_id, currency, packs, on)

    return price_of


def price_for(order: PurchaseOrder, product: Product, packs: int, on: dt.date) -> int | None:
    """Return what a pack of ``product`` costs the order's clinic on that day; None is no price."""
    practice_id = order.clinic.practice_id
    prices = catalogue.prices_for([product.id], practice_id, order.currency, on)
    return pack_price(prices.get(product.id, []), practice_id, order.currency, packs, on)


def copy_terms(order: PurchaseOrder, on: dt.date) -> None:
    """Copy price, pack, name and VAT as of that day onto the lines: what is placed stays placed.

    Raises:
        NoPrice: products without a price in the order's currency, all of them.
    """
    prices = current_prices(order, on)
    check_priced(order, prices)
    taxes = current_taxes(order, on)
    for line in order.lines:
        copy_pack(line)
        line.pack_minor = prices[line.id] or 0
        line.tax_category = taxes[line.id].category
        line.tax_basis_points = taxes[line.id].basis_points


def check_priced(order: PurchaseOrder, prices: Mapping[int, int | None]) -> None:
    """Refuse an order with lines that have no price, by line id.

    Raises:
        NoPrice: products without a price in the order's currency, all of them.
    """
    without = [line.product.name for line in order.lines if prices[line.id] is None]
    if without:
        raise NoPrice(order.currency, without)


def current_taxes(
    order: PurchaseOrder, on: dt.date, rates: Rates | None = None
) -> dict[int, TaxTerms]:
    """Return by line id how it is taxed when sold on that day; see :func:`taxes_on`."""
    taxes = taxes_of(order, [line.product for line in order.lines], on, rates)
    return {line.id: taxes[line.product_id] for line in order.lines}


def taxes_of(
    order: PurchaseOrder, products: Sequence[Product], on: dt.date, rates: Rates | None = None
) -> dict[int, TaxTerms]:
    """Return by product id how it is taxed when sold to the order's clinic on that day."""
    tax_of = taxes_on(order, on, rates)
    return {product.id: tax_of(product.tax_class) for product in products}


TaxOf = Callable[[TaxClass], TaxTerms]
"""How goods of a class are taxed on an order."""


def taxes_on(order: PurchaseOrder, on: dt.date, rates: Rates | None = None) -> TaxOf:
    """Return how goods of each class are taxed when sold with an order on that day.

    Goods go from the supplier's country to where the clinic is, which its time zone says. At most
    one query, none where the ``rates`` of that day are given.
    """
    supplier, clinic = order.supplier, order.clinic
    seller = Trader(supplier.country, supplier.vat_number)
    buyer = Trader(clinic.practice.country, clinic.practice.vat_number)
    destination = vat_territory_of_zone(clinic.timezone) or buyer.country
    known = rates_of([seller.country], on) if rates is None else rates
    here = known.get(seller.country or "", {})
    return lambda tax_class: tax_terms(seller, buyer, destination, tax_class, here)


def copy_pack(line: OrderLine) -> None:
    """Copy what a pack is, and what it is called, from the line's product."""
    product = line.product
    line.sku = product.sku
    line.name = product.name
    line.containers_per_pack = product.containers_per_pack
    line.content_per_container = product.content_per_container


def check_sold(order: PurchaseOrder, on: dt.date) -> None:
    """Refuse an order that may not be placed on that day.

    Raises:
        EmptyOrder: no lines.
        Withdrawn: products the supplier no longer sells, all of them.
        LicenceNeeded: prescription-only products without a licence in date, all of them.
    """
    if not order.lines:
        raise EmptyOrder
    withdrawn = [line.name for line in order.lines if line.product.withdrawn_at is not None]
    if withdrawn:
        raise Withdrawn(withdrawn)
    practice = order.clinic.practice
    restricted = [line.name for line in order.lines if line.product.prescription_only]
    licensed = rules.licence_covers(practice.licence_number, practice.licence_valid_to, on)
    if restricted and not licensed:
        raise LicenceNeeded(restricted)
