"""Getters that check access: an outsider learns nothing, a colleague learns what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.accounts.rules import RIGHTS, Right, may
from supply.accounts.terms import Role
from supply.clock import local_date
from supply.db import db


class NotFoundHereError(LookupError):
    """Not there, or not this person's to know of: 404."""


class ForbiddenError(PermissionError):
    """A colleague without the right: 403. ``str()`` says which right is missing."""


def clinic_for(
    person: Person, code: str, right: Right, now: dt.datetime
) -> tuple[Clinic, Membership]:
    """Return the clinic with ``code`` and the membership that opens it to ``person``.

    Raises:
        NotFoundHereError: no such clinic, or no membership that reaches it.
        ForbiddenError: a membership without ``right``.
    """
    clinic = db.session.scalar(
        sa.select(Clinic).options(joinedload(Clinic.practice)).where(Clinic.code == code)
    )
    return opened(person, [clinic] if clinic else [], code, right, now)


def opened(
    person: Person, clinics: Iterable[Clinic], code: str, right: Right, now: dt.datetime
) -> tuple[Clinic, Membership]:
    """Return which of ``clinics`` has ``code``, as `clinic_for` does and raises."""
    clinic = next((clinic for clinic in clinics if clinic.code == code), None)
    membership = membership_reaching(person, clinic) if clinic else None
    if clinic is None or membership is None:
        raise NotFoundHereError(code)
    _require(membership, right, local_date(now, clinic.timezone))
    return clinic, membership


def practice_for(
    person: Person, code: str, right: Right, now: dt.datetime
) -> tuple[Practice, Membership]:
    """Return the practice with ``code`` for a member with ``right``; raises as `clinic_for`.

    A membership limited to some clinics does not reach settings that hold for all of them.
    """
    for membership in person.memberships:
        practice = membership.practice
        if practice is not None and practice.code == code:
            break
    else:
        raise NotFoundHereError(code)
    _require(membership, right, now.date())
    if right is Right.SETTINGS and membership.clinics:
        raise ForbiddenError(_("Your membership is limited to some clinics; this is for all."))
    return practice, membership


def supplier_for(
    person: Person, code: str, right: Right, now: dt.datetime
) -> tuple[Supplier, Membership]:
    """Return the supplier with ``code`` for a member with ``right``; raises as `clinic_for`."""
    for membership in person.memberships:
        supplier = membership.supplier
        if supplier is not None and supplier.code == code:
            _require(membership, right, now.date())
            return supplier, membership
    raise NotFoundHereError(code)


def membership_reaching(person: Person, clinic: Clinic) -> Membership | None:
    """Return the membership of ``person`` that reaches ``clinic``, if any."""
    for membership in person.memberships:
        if membership.practice_id != clinic.practice_id:
            continue
        limited_to = {reached.id for reached in membership.clinics}
        if not limited_to or clinic.id in limited_to:
            return membership
    return None


def clinics_of(person: Person) -> list[Clinic]:
    """Return every clinic ``person`` may see, by name."""
    practices = [m.practice for m in person.memberships if m.practice is not None]
    clinics = {clinic for practice in practices for clinic in practice.clinics}
    reached = [clinic for clinic in clinics if membership_reaching(person, clinic)]
    return sorted(reached, key=lambda clinic: (clinic.name, clinic.id))


def clinics_to_decide_for(person: Person, clinics: Iterable[Clinic]) -> list[int]:
    """Return the ids of those of ``clinics`` whose settings and limits ``person`` answers for."""
    return _clinics_with(person, clinics, Right.SETTINGS)


def clinics_to_order_for(person: Person, clinics: Iterable[Clinic]) -> list[int]:
    """Return the ids of those of ``clinics`` that ``person`` may order for."""
    return _clinics_with(person, clinics, Right.ORDER)


def clinics_to_keep_for(person: Person, clinics: Iterable[Clinic]) -> list[int]:
    """Return the ids of those of ``clinics`` whose stock ``person`` keeps."""
    return _clinics_with(person, clinics, Right.STOCK)


def clinics_to_trace_for(person: Person, clinics: Iterable[Clinic]) -> list[int]:
    """Return the ids of those of ``clinics`` where ``person`` may follow a patient reference."""
    return _clinics_with(person, clinics, Right.TRACE)


def _clinics_with(person: Person, clinics: Iterable[Clinic], right: Right) -> list[int]:
    return [
        clinic.id
        for clinic in clinics
        if (membership := membership_reaching(person, clinic)) and right in RIGHTS[membership.role]
    ]


def has_right(membership: Membership, right: Right, today: dt.date) -> bool:
    """Return whether ``membership`` carries ``right`` on ``today``; for showing a button."""
    return may(
        membership.role,
        right,
        certificate_valid_to=membership.certificate_valid_to,
        today=today,
    )


def may_undo(membership: Membership, recorded_by_id: int | None, today: dt.date) -> bool:
    """Return whether a member may undo what was recorded: who did it, or who keeps stock."""
    return recorded_by_id == membership.person_id or has_right(membership, Right.STOCK, today)


def check_may_undo(membership: Membership, recorded_by_id: int | None, today: dt.date) -> None:
    """Refuse an undo to whom it is not given.

    Raises:
        ForbiddenError: a colleague's, and the member keeps no stock.
    """
    if not may_undo(membership, recorded_by_id, today):
        raise ForbiddenError(_("Ask who recorded this, a stock manager or an owner to undo it."))


def _require(membership: Membership, right: Right, today: dt.date) -> None:
    if has_right(membership, right, today):
        return
    if membership.role is Role.PRACTITIONER and right in (Right.RECORD, Right.WASTE):
        raise ForbiddenError(_("Your certificate on file is missing or out of date."))
    raise ForbiddenError(_("Your role here does not include this."))
