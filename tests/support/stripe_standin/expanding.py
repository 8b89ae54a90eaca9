"""Objects in place of the ids that name them, where a request asks for it by ``expand``."""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.support.stripe_standin.books import SESSION, Books, Object
from tests.support.stripe_standin.errors import Refused, not_acted_on
from tests.support.stripe_standin.texts import names

DEEPEST: Final = 4
LIST_OF: Final = "list of "
"""Stands before a kind where an answer or a field holds many."""

_KEPT: Final[dict[str, dict[str, str]]] = {
    SESSION: {"payment_intent": "payment_intent", "line_items": f"{LIST_OF}item"},
    "payment_intent": {"latest_charge": "charge"},
    "charge": {
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "refunds": f"{LIST_OF}refund",
    },
    "refund": {
        "charge": "charge",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
}
"""Fields that stand for an object the stand-in keeps, and its kind."""

_KEPT_ELSEWHERE: Final[dict[str, frozenset[str]]] = {
    SESSION: names("customer invoice payment_link setup_intent subscription"),
    "payment_intent": names("application customer on_behalf_of payment_method review source"),
    "charge": names(
        """application application_fee customer failure_balance_transaction on_behalf_of review
        source_transfer transfer"""
    ),
    "refund": names("customer payment_method source_transfer_reversal transfer_reversal"),
    "balance_transaction": names("source"),
}
"""Fields that can be expanded at Stripe and stand for objects we do not keep."""


def check_paths(kind: str, paths: list[str]) -> None:
    """Refuse what cannot be expanded in an answer of ``kind``, before anything is done.

    Raises:
        Refused: a path too deep, or along a field that stands for nothing.
    """
    for path in paths:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            message = f"You cannot expand more than {DEEPEST} levels of a property: {path}"
            raise Refused(message, param="expand")
        here = kind
        for part in parts:
            here = _kind_below(here, part, path)


def _kind_below(kind: str, part: str, path: str) -> str:
    if kind.startswith(LIST_OF):
        if part == "data":
            return kind.removeprefix(LIST_OF)
    elif below := _KEPT.get(kind, {}).get(part):
        return below
    elif part in _KEPT_ELSEWHERE.get(kind, ()):
        raise not_acted_on(f"expand ({path})")
    raise Refused(f"This property cannot be expanded ({path}).", param="expand")


def answered(books: Books, one: Object, paths: list[str]) -> Object:
    """Return a copy of an object or list as it is answered, expanded along checked ``paths``."""
    answer = copy.deepcopy(one)
    for path in paths:
        _expand(books, answer, path.split("."))
    return answer


def _expand(books: Books, here: Object, parts: list[str]) -> None:
    first, rest = parts[0], parts[1:]
    if here["object"] != "list":
        here[first] = _value(books, here, first)
    below = here[first]
    if rest and below is not None:
        for one in below if isinstance(below, list) else [below]:
            _expand(books, one, rest)


def _value(books: Books, here: Object, field: str) -> Any:
    value = here.get(field)
    if isinstance(value, dict):
        return value
    if field == "line_items":
        return _list(f"/v1/checkout/sessions/{here['id']}/line_items", books.lines[here["id"]])
    if field == "refunds":
        made = [one for one in books.all_of("refund") if one["charge"] == here["id"]]
        return _list(f"/v1/charges/{here['id']}/refunds", made)
    return copy.deepcopy(books.objects.get(value or ""))


def _list(url: str, data: list[Object]) -> Object:
    return {"object": "list", "data": copy.deepcopy(data), "has_more": False, "url": url}
