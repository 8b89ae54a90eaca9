"""Prices that were seen: what has changed since is told before an order is placed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from supply.baskets.pricing import PriceOf, current_prices
from supply.money import Money
from supply.ordering.events import locked_order, require_stage, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.refusals import OtherLines, PricesChanged
from supply.ordering.terms import Stage


def price_the_line(line: OrderLine, price_of: PriceOf, packs_before: int) -> None:
    """Put today's price on a draft's line; a line that is new has seen it.

    Other packs may have another price, which is no change that anybody needs to be told of: but
    one that was to be told of stays so.
    """
    price = price_of(line, line.packs)
    line.pack_minor = price or 0
    if price is None:
        return
    if line.seen_minor in (None, price_of(line, packs_before)):
        line.seen_minor = price


def see_prices(order: PurchaseOrder, shown: Mapping[int, int], today: dt.date) -> None:
    """Keep that prices, by line id, were shown; what is no longer today's price was not."""
    prices = current_prices(order, today)
    for line in order.lines:
        if line.id in shown and shown[line.id] == prices[line.id]:
            line.seen_minor = shown[line.id]


def check_seen(
    order_id: int,
    shown: Mapping[int, int],
    *,
    lines: Collection[int] | None = None,
    now: dt.datetime,
) -> None:
    """Refuse a draft of which a price is not what was shown, or seen last. Locks the order.

    ``lines`` are the ids of the lines that were shown, where that is known.

    Raises:
        WrongStage: not a draft.
        OtherLines: somebody has added lines since, or taken some off.
        PricesChanged: naming each line with what its price was and is.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    _check_lines(order, lines)
    prices = current_prices(order, today_at(order, now))
    changed = []
    for line in order.lines:
        was, price = shown.get(line.id, line.seen_minor), prices[line.id]
        if was is not None and price is not None and was != price:
            name, currency = line.name, order.currency
            changed.append((name, Money(was, currency), Money(price, currency)))
    if changed:
        raise PricesChanged(changed)


def _check_lines(order: PurchaseOrder, shown: Collection[int] | None) -> None:
    there = {line.id: line.name for line in order.lines}
    if shown is None or set(shown) == there.keys():
        return
    added = [name for line_id, name in there.items() if line_id not in shown]
    raise OtherLines(added, taken_off=any(line_id not in there for line_id in shown))
