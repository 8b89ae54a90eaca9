"""Pages of lists, newest first."""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any, Final

from tests.support.stripe_standin.books import Object
from tests.support.stripe_standin.errors import Refused, no_such

USUAL: Final = 10
MOST: Final = 100
_COMPARISONS: Final[dict[str, Callable[[int, int], bool]]] = {
    "gt": gt, "gte": ge, "lt": lt, "lte": le,
}  # fmt: skip


def created_within(one: Object, created: Any) -> bool:
    """Return whether an object was created when a list asks for: an instant, or bounds."""
    if created is None:
        return True
    if isinstance(created, int):
        return bool(one["created"] == created)
    return all(_COMPARISONS[name](one["created"], bound) for name, bound in created.items())


def page(found: list[Object], asked: dict[str, Any], url: str) -> Object:
    """Return the page of ``found`` that ``asked`` names by cursor and limit.

    Raises:
        Refused: a limit out of bounds, two cursors, or a cursor that is not in the list.
    """
    limit = _limit(asked)
    after, before = asked.get("starting_after"), asked.get("ending_before")
    if after is not None and before is not None:
        message = "You may only specify one of these parameters: starting_after, ending_before."
        raise Refused(message, param="starting_after")
    if before is not None:
        newer = found[: _place(found, before, "ending_before")]
        data, more = newer[-limit:], len(newer) > limit
    else:
        start = 0 if after is None else _place(found, after, "starting_after") + 1
        data, more = found[start : start + limit], len(found) > start + limit
    return {"object": "list", "data": data, "has_more": more, "url": url}


def _limit(asked: dict[str, Any]) -> int:
    limit: int = asked.get("limit", USUAL)
    if not 1 <= limit <= MOST:
        message = f"Invalid limit: {limit} is not between 1 and {MOST}."
        raise Refused(message, code="parameter_invalid_integer", param="limit")
    return limit


def _place(found: list[Object], cursor: str, param: str) -> int:
    for place, one in enumerate(found):
        if one["id"] == cursor:
            return place
    raise no_such("object", cursor, param)
