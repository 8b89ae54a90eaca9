"""What the pages about people share: both sides have them, under their own addresses."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, url_for

from supply.accounts import memberships
from supply.accounts.models import Membership, Practice, Supplier
from supply.accounts.names import ROLE_NAMES
from supply.accounts.rules import Right, certificate_state
from supply.money import Money
from supply.web import access
from supply.web.filters import money

Place = Practice | Supplier

PRACTICE = "/p/<practice_code>/settings/people"
SUPPLIER = "/s/<supplier_code>/people"


def place_at(practice_code: str | None, supplier_code: str | None) -> Place:
    """Return the practice or supplier of the address, for those who may change its people."""
    if practice_code is not None:
        return access.practice(practice_code, Right.SETTINGS)
    return access.supplier(supplier_code or "", Right.CATALOGUE)


def url_of(place: Place, name: str, **values: Any) -> str:
    """Return the address of one of these pages, on the practice's or the supplier's side."""
    if isinstance(place, Practice):
        return url_for(f"settings.{name}", practice_code=place.code, **values)
    return url_for(f"settings.supplier_{name}", supplier_code=place.code, **values)


def render(page: str, place: Place, **context: Any) -> str:
    back = url_of(place, "people")
    return render_template(
        f"settings/{page}.html",
        place=place,
        of_practice=isinstance(place, Practice),
        people_url=back,
        url=lambda name, **values: url_of(place, name, **values),
        role_names=ROLE_NAMES,
        certificate_state=certificate_state,
        limit=lambda minor: money(Money(minor, currency_of(place))),
        **context,
    )


def member_at(place: Place, membership_id: int) -> Membership:
    return memberships.membership_of(place, membership_id) or abort(404)


def currency_of(place: Place) -> str:
    """Return what limits are in; a supplier's members have none."""
    return place.currency if isinstance(place, Practice) else "EUR"
