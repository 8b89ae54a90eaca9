"""Objects in place of the ids that name them, where a request asks for it by ``expand``."""

from __future__ import annotations

import copy
from typing import Any, Final

from tests.support.stripe_standin.books import SESSION, Books, Object
from tests.support.stripe_standin.errors import Refused, not_acted_on
from tests.support.stripe_standin.texts import names

DEEPEST: Final = 4

_NAMED: Final[dict[str, frozenset[str]]] = {
    SESSION: frozenset({"payment_intent"}),
    "payment_intent": frozenset({"latest_charge"}),
    "charge": frozenset({"payment_intent", "balance_transaction"}),
    "refund": frozenset(
        {"charge", "payment_intent", "balance_transaction", "failure_balance_transaction"}
    ),
    "dispute": frozenset({"charge", "payment_intent"}),
    "balance_transaction": frozenset({"source"}),
}
"""Fields that name an object the stand-in keeps."""

_NAMED_ELSEWHERE: Final[dict[str, frozenset[str]]] = {
    SESSION: frozenset({"customer", "invoice", "payment_link", "setup_intent", "subscription"}),
    "payment_intent": frozenset(
        {"application", "customer", "on_behalf_of", "payment_method", "review", "source"}
    ),
    "charge": names(
        """application application_fee customer failure_balance_transaction on_behalf_of review
        source_transfer transfer"""
    ),
    "refund": frozenset(
        {"customer", "payment_method", "source_transfer_reversal", "transfer_reversal"}
    ),
}
"""Fields that can name an object it does not keep; while empty they expand to nothing."""


def answered(books: Books, one: Object, paths: list[str]) -> Object:
    """Return a copy of an object or list as it is answered, expanded along ``paths``.

    Raises:
        Refused: a path too deep, or along a field that cannot be expanded.
    """
    for path in paths:
        _check_depth(path)
    answer = copy.deepcopy(one)
    for path in paths:
        _expand(books, answer, path.split("."), path)
    return answer


def _check_depth(path: str) -> None:
    if len(path.split(".")) > DEEPEST:
        message = f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}"
        raise Refused(message, param="expand")


def _expand(books: Books, here: Object, parts: list[str], path: str) -> None:
    if here["object"] == "list":
        if parts[0] != "data":
            raise _cannot(path)
        for one in here["data"]:
            if parts[1:]:
                _expand(books, one, parts[1:], path)
        return
    first, rest = parts[0], parts[1:]
    here[first] = _value(books, here, first, path)
    if rest and isinstance(here[first], dict):
        _expand(books, here[first], rest, path)


def _value(books: Books, here: Object, field: str, path: str) -> Any:
    kind = here["object"]
    if included := _included(books, here, field):
        return included
    value = here.get(field)
    if field in _NAMED.get(kind, ()):
        return value if isinstance(value, dict) else copy.deepcopy(books.objects.get(value or ""))
    if field in _NAMED_ELSEWHERE.get(kind, ()):
        if value is not None:
            raise not_acted_on(f"expand[{path}]")
        return None
    raise _cannot(path)


def _included(books: Books, here: Object, field: str) -> Object | None:
    if here["object"] == SESSION and field == "line_items":
        url, data = f"/v1/checkout/sessions/{here['id']}/line_items", books.lines[here["id"]]
    elif here["object"] == "charge" and field == "refunds":
        url = f"/v1/charges/{here['id']}/refunds"
        data = [one for one in books.all_of("refund") if one["charge"] == here["id"]]
    else:
        return here[field] if _is_list(here.get(field)) else None
    return {"object": "list", "data": copy.deepcopy(data), "has_more": False, "url": url}


def _is_list(value: Any) -> bool:
    return isinstance(value, dict) and value.get("object") == "list"


def _cannot(path: str) -> Refused:
    return Refused(f"This property cannot be expanded ({path}).", param="expand")
