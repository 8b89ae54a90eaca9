"""What others may do with orders: baskets, placing, and the way to the end.

Every service flushes and never commits, takes ``actor`` and ``now``, and leaves a row on the
order's timeline and one in the audit.
"""

from __future__ import annotations

from supply.ordering.answering import acknowledge, decline, is_backordered
from supply.ordering.answers import LineAnswer, Replacement
from supply.ordering.baskets import (
    BasketLine,
    add_to_basket,
    create_draft,
    remove_line,
    replace_line,
    set_packs,
)
from supply.ordering.placing import approve, order_limit, place
from supply.ordering.progress import cancel_rest, comment
from supply.ordering.requesting import ask_for
from supply.ordering.seen_prices import check_seen
from supply.ordering.substituting import answer_substitute
from supply.ordering.taking_back import take_back_cancelling, take_back_declining

__all__ = [
    "BasketLine",
    "LineAnswer",
    "Replacement",
    "acknowledge",
    "add_to_basket",
    "answer_substitute",
    "approve",
    "ask_for",
    "cancel_rest",
    "check_seen",
    "comment",
    "create_draft",
    "decline",
    "is_backordered",
    "order_limit",
    "place",
    "remove_line",
    "replace_line",
    "set_packs",
    "take_back_cancelling",
    "take_back_declining",
]
