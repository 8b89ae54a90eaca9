"""Who calls, and what they may reach: a bearer token, then the same rules as for pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, g, request
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address

from supply import clock
from supply.accounts import access, tokens
from supply.accounts.access import ForbiddenError, NotFoundHereError
from supply.accounts.models import Clinic, Membership, Person
from supply.accounts.rules import Right
from supply.actor import Actor
from supply.api.base.problems import unauthorised
from supply.ordering import queries as ordering
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side
from supply.web.signed_in import note_token

View = TypeVar("View", bound=Callable[..., Any])


def authenticate() -> Response | None:
    """Let the bearer of a good token in, and nobody else: a session's cookie does not count."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    found = None
    if scheme.lower() == "bearer" and token.strip():
        found = tokens.token_behind(token.strip(), now=clock.now())
    if found is None:
        return unauthorised()
    g.api_person = found.person
    note_token(found, clock.now())
    if any(not value.isprintable() for value in _texts(request.view_args or {})):
        raise NotFoundHereError
    return None


def _texts(arguments: dict[str, Any]) -> list[str]:
    return [value for value in arguments.values() if isinstance(value, str)]


def caller() -> str:
    """Return whose calls are counted together: a token's, by its hash; else an address's."""
    header = request.headers.get("Authorization", "")
    return hashlib.sha256(header.encode()).hexdigest() if header else get_remote_address()


def person() -> Person:
    """Return the token's person."""
    return cast(Person, g.api_person)


def actor() -> Actor:
    """Return who acts, with the address they act from."""
    return Actor(person().id, request.remote_addr)


def clinic(code: str, right: Right) -> Clinic:
    """Return the clinic with ``code``.

    Raises NotFoundHereError (404) or ForbiddenError (403).
    """
    return access.clinic_for(person(), code, right, clock.now())[0]


def at_clinic(right: Right) -> Callable[[View], View]:
    """Hand a view its ``clinic`` for ``clinic_code``, before its body is even looked at."""

    def getter(*, clinic_code: str, **rest: Any) -> dict[str, Any]:
        return {"clinic": clinic(clinic_code, right), **rest}

    return handing(getter)


def of_order(
    *, buyer: Right | None = None, supplier: Right | None = None
) -> Callable[[View], View]:
    """Hand a view its ``order`` if the caller has the right it takes on a side of it.

    A side without a right may know of the order but not do this.
    """

    def getter(*, order_id: int, **rest: Any) -> dict[str, Any]:
        order = ordering.order_with_id(order_id)
        side_of(order, buyer=buyer, supplier=supplier)
        return {"order": order, **rest}

    return handing(getter)


def handing(getter: Callable[..., dict[str, Any]]) -> Callable[[View], View]:
    """Return a decorator that gives a view what ``getter`` makes of its address."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return view(*args, **getter(**kwargs))

        return cast(View, wrapper)

    return decorate


def side_of(
    order: PurchaseOrder, *, buyer: Right | None = None, supplier: Right | None = None
) -> Side:
    """Return for which side of ``order`` the caller acts.

    Raises:
        NotFoundHereError: on neither side, or the supplier's before the order is placed.
        ForbiddenError: on a side, without the right.
    """
    sides: list[tuple[Side, Membership, Right | None]] = []
    member = access.membership_reaching(person(), order.clinic)
    if member is not None:
        sides.append((Side.CLINIC, member, buyer))
    if order.placed_at is not None:
        sellers = [m for m in person().memberships if m.supplier_id == order.supplier_id]
        sides += [(Side.SUPPLIER, seller, supplier) for seller in sellers]
    if not sides:
        raise NotFoundHereError
    today = clock.local_date(clock.now(), order.clinic.timezone)
    for side, membership, right in sides:
        if right is not None and access.has_right(membership, right, today):
            return side
    raise ForbiddenError(_("Your role here does not include this."))
