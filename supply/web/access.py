"""Access at the edge of a request: the signed-in person, their clinic, their rights."""

from __future__ import annotations

import datetime as dt
from typing import cast

import sqlalchemy as sa
from flask import g, request
from flask_babel import refresh
from flask_login import current_user

from supply import clock
from supply.accounts import access
from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.accounts.rules import Right
from supply.actor import Actor


def person() -> Person:
    """Return the signed-in person (views behind sign-in only)."""
    return cast(Person, current_user._get_current_object())


def actor() -> Actor:
    """Return who acts in this request, with the address they act from."""
    return Actor(person().id, request.remote_addr)


def clinic(code: str, right: Right = Right.VIEW) -> Clinic:
    """Return the clinic with ``code``, remembered in ``g`` for the layout and templates.

    Whoever chose no language reads in the clinic's from here on.

    Raises NotFoundHereError (404) or ForbiddenError (403), which error handlers turn into pages.
    """
    found, membership = access.opened(person(), clinics(), code, right, clock.now())
    g.clinic, g.membership = found, membership
    refresh()
    return found


def clinics() -> list[Clinic]:
    """Return the clinics the signed-in person may see, by name; read once for a request."""
    kept: list[Clinic] | None = g.get("clinics")
    if kept is None or any(sa.inspect(clinic).expired for clinic in kept):
        g.clinics = kept = access.clinics_of(person())
    return kept


def practice(code: str, right: Right = Right.VIEW) -> Practice:
    """Return the practice with ``code``; raises as :func:`clinic`."""
    found, membership = access.practice_for(person(), code, right, clock.now())
    g.practice, g.membership = found, membership
    refresh()
    return found


def supplier(code: str, right: Right = Right.VIEW) -> Supplier:
    """Return the supplier with ``code``; raises as :func:`clinic`."""
    found, membership = access.supplier_for(person(), code, right, clock.now())
    g.supplier, g.membership = found, membership
    refresh()
    return found


def membership() -> Membership:
    """Return the membership that the last getter found."""
    return cast(Membership, g.membership)


def can(right: Right) -> bool:
    """Return whether the membership loaded by a getter carries ``right`` today."""
    found: Membership | None = g.get("membership")
    return found is not None and access.has_right(found, right, today())


def today() -> dt.date:
    """Return the calendar day in the loaded clinic's (or supplier's) zone, else UTC's."""
    place: Clinic | Supplier | None = g.get("clinic") or g.get("supplier")
    return clock.local_date(clock.now(), place.timezone if place else "UTC")


def may_undo(recorded_by_id: int | None) -> bool:
    """Return whether the person may undo what was recorded: who did it, or who keeps stock."""
    return access.may_undo(membership(), recorded_by_id, today())


def check_may_undo(recorded_by_id: int | None) -> None:
    """Refuse the signed-in person an undo that is not theirs; raises ForbiddenError."""
    access.check_may_undo(membership(), recorded_by_id, today())
