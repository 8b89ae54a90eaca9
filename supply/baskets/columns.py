"""Drafts as pages show them: columns of lines at the prices of today, and what placing does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.baskets import placing
from supply.baskets.charges import Charges, check_minimum, draft_charges
from supply.baskets.placing import Arrival, arrival
from supply.baskets.pricing import check_priced, check_sold, current_prices, current_taxes
from supply.catalogue.models import Product
from supply.catalogue.rules import unit_price
from supply.catalogue.successors import replacements
from supply.clock import local_date
from supply.conditions.rules import Terms
from supply.money import Money, precision
from supply.ordering import paying, rules
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.refusals import InvalidInput, Refusal
from supply.vat import wording
from supply.vat.queries import Rates
from supply.vat.rules import Taxed, TaxTerms, shares
from supply.web import access
from supply.web.forms import sentences


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line of a draft as the basket shows it. No price: it cannot be placed."""

    line: OrderLine
    typed: str
    price: Money | None
    unit_price: Decimal | None
    total: Money | None
    was: Money | None
    """What a pack cost when it was seen last, where it costs something else now."""
    error: str | None
    instead: Product | None
    """What replaces its product, which is no longer sold."""


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """A draft with its lines at today's prices."""

    order: PurchaseOrder
    lines: Sequence[DraftLine]
    changed: int
    """Lines whose price has changed since it was seen."""
    also: Charges
    """What it is charged beside its goods, and what it lacks to the minimum order."""
    total: Money
    """Goods and carriage, net of VAT."""
    vat: Sequence[tuple[str, Money]]
    """What is added for VAT, in words and sums; none where the supplier charges none."""
    to_pay: Money
    arrives: Arrival
    """When it should be there if it is placed today."""
    errors: Sequence[Mapping[str, str] | str]
    faults: Mapping[str, str]
    """By field."""
    requested: str
    message: str
    over_limit: bool
    """Whether whoever looks may not place it alone: an owner is asked first."""
    takes_card: bool
    """Whether it may be paid by card."""
    why_not: str | None
    """Why it cannot be placed as it is, in words; None where it can."""


def draft_column(
    order: PurchaseOrder,
    now: dt.datetime,
    refusal: Refusal | None,
    form: Mapping[str, str],
    *,
    kept: bool = False,
    rates: Rates | None = None,
    terms: Terms | None = None,
) -> DraftColumn:
    """Return a draft for the page; after a ``refusal``, or where ``kept``, as typed in ``form``."""
    today = local_date(now, order.clinic.timezone)
    prices = current_prices(order, today)
    faults = dict(refusal.errors) if isinstance(refusal, InvalidInput) else {}
    typed = form if kept or refusal is not None else {}
    instead = replacements(line.product for line in order.lines)
    lines = [
        _draft_line(line, prices[line.id], typed.get(f"packs_{line.id}"), faults, instead)
        for line in order.lines
    ]
    goods = _taxed(lines, current_taxes(order, today, rates))
    also = draft_charges(order, goods, today, terms=terms, rates=rates)
    minor = sum(one.net_minor for one in goods) + also.carriage.net_minor
    total = Money(minor, order.currency)
    vat = shares([*goods, also.carriage])
    return DraftColumn(
        order,
        lines,
        sum(row.was is not None for row in lines),
        also,
        total,
        wording.rows(vat, order.currency),
        Money(minor + sum(share.vat_minor for share in vat), order.currency),
        arrival(order, today),
        sentences(refusal),
        faults,
        typed.get(f"requested_{order.id}", str(order.requested_on or "")),
        typed.get(f"message_{order.id}", order.message),
        rules.needs_approval(total, limit_here()),
        paying.why_no_card(order) is None,
        _why_not(order, prices, also, today),
    )


def _why_not(
    order: PurchaseOrder, prices: Mapping[int, int | None], also: Charges, today: dt.date
) -> str | None:
    try:
        check_sold(order, today)
        check_priced(order, prices)
        check_minimum(order, also)
    except Refusal as refusal:
        return str(refusal)
    return None


@dataclass(frozen=True, slots=True)
class Plan:
    """What placing all baskets would do, before the click: names of suppliers."""

    at_once: Sequence[str]
    to_approve: Sequence[str]
    not_yet: Sequence[tuple[str, str]]
    """Each with why it cannot be placed."""


def plan(columns: Sequence[DraftColumn]) -> Plan:
    """Return what placing all of ``columns`` would do."""
    able = [column for column in columns if column.why_not is None]
    return Plan(
        [column.order.supplier.name for column in able if not column.over_limit],
        [column.order.supplier.name for column in able if column.over_limit],
        [(one.order.supplier.name, one.why_not) for one in columns if one.why_not is not None],
    )


def _taxed(lines: Sequence[DraftLine], taxes: Mapping[int, TaxTerms]) -> list[Taxed]:
    return [Taxed(row.total.minor, taxes[row.line.id]) for row in lines if row.total is not None]


def _draft_line(
    line: OrderLine,
    minor: int | None,
    typed: str | None,
    faults: Mapping[str, str],
    instead: Mapping[int, Product],
) -> DraftLine:
    currency = line.order.currency
    return DraftLine(
        line=line,
        typed=str(line.packs) if typed is None else typed,
        price=None if minor is None else Money(minor, currency),
        unit_price=None
        if minor is None
        else _major(unit_price(minor, line.pack_quantity), currency),
        total=None if minor is None else Money(minor * line.packs, currency),
        was=_was(line, minor),
        error=faults.get(f"packs_{line.id}"),
        instead=instead.get(line.product_id),
    )


def _was(line: OrderLine, minor: int | None) -> Money | None:
    if minor is None or line.seen_minor in (None, minor):
        return None
    return Money(line.seen_minor, line.order.currency)


def _major(minor: Decimal, currency: str) -> Decimal:
    return minor.scaleb(-precision(currency))


def limit_here() -> Money | None:
    """Return up to what the signed-in member may order alone; see ``placing.order_limit``."""
    return placing.order_limit(access.membership())
