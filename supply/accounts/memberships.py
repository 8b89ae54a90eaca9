"""Who is a member of a practice or supplier, and changing it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import contains_eager, selectinload

from supply.accounts import services
from supply.accounts.factors.asking import ask_as_role_says
from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import Refusal


class LastOneError(Refusal):
    """Without this person nobody could change people and settings any more."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a membership is to be. No clinics means all; the limit is in minor units."""

    role: Role
    clinics: Sequence[Clinic] = ()
    order_limit_minor: int | None = None
    certificate_kind: str = ""
    certificate_number: str = ""
    certificate_valid_to: dt.date | None = None
    digest: bool = True
    receives_prescription_only: bool = True


def members_of(place: Practice | Supplier) -> Sequence[Membership]:
    """Return the memberships of ``place`` by the person's name, people and clinics loaded."""
    return db.session.scalars(
        sa.select(Membership)
        .join(Membership.person)
        .where(_of(place))
        .options(contains_eager(Membership.person), selectinload(Membership.clinics))
        .order_by(Person.name, Membership.id)
    ).all()


def membership_of(place: Practice | Supplier, membership_id: int) -> Membership | None:
    """Return one of ``place``'s memberships."""
    return db.session.scalar(
        sa.select(Membership).where(Membership.id == membership_id, _of(place))
    )


def change_membership(
    membership: Membership,
    place: Practice | Supplier,
    change: Change,
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Make ``membership`` what ``change`` says; locks the practice or supplier.

    Raises InvalidInput for a role or clinic that is not the place's, LastOneError when the last
    owner (or supplier admin) would become something else.
    """
    services.check_role(change.role, place)
    services.check_clinics(change.clinics, place)
    if change.role is not membership.role:
        _keep_one_in_charge(membership, place)
    before = services.membership_facts(membership)
    membership.role = change.role
    ask_as_role_says(membership, place, actor=actor, now=now)
    membership.clinics = list(change.clinics)
    membership.order_limit_minor = change.order_limit_minor
    membership.certificate_kind = change.certificate_kind
    membership.certificate_number = change.certificate_number
    membership.certificate_valid_to = change.certificate_valid_to
    membership.digest = change.digest
    membership.receives_prescription_only = change.receives_prescription_only
    db.session.flush()
    audit.record(
        actor,
        "membership.changed",
        ("membership", membership.id),
        now,
        before=before,
        after=services.membership_facts(membership),
        **services.side_of(place),
    )


def remove_membership(
    membership: Membership, place: Practice | Supplier, *, actor: Actor, now: dt.datetime
) -> None:
    """End a membership; what the person did stays theirs. Locks the practice or supplier.

    Raises LastOneError for the last owner (or supplier admin).
    """
    _keep_one_in_charge(membership, place)
    before = {"person": membership.person_id, **services.membership_facts(membership)}
    subject = ("membership", membership.id)
    membership.clinics = []
    db.session.delete(membership)
    db.session.flush()
    audit.record(
        actor, "membership.removed", subject, now, before=before, **services.side_of(place)
    )


def _keep_one_in_charge(membership: Membership, place: Practice | Supplier) -> None:
    """Raise LastOneError if nobody else is in charge of ``place``.

    The place's row is locked first, so that two owners cannot demote each other at once.
    """
    in_charge = Role.OWNER if isinstance(place, Practice) else Role.SUPPLIER_ADMIN
    if membership.role is not in_charge:
        return
    db.session.refresh(place, with_for_update=True)
    others = sa.select(sa.func.count(Membership.id)).join(Membership.person)
    left = db.session.scalar(
        others.where(
            _of(place),
            Membership.id != membership.id,
            Membership.role == in_charge,
            Person.disabled_at.is_(None),
        )
    )
    if not left:
        raise LastOneError(
            _("This is the last one who may change people here. Give someone else the role first.")
        )


def _of(place: Practice | Supplier) -> sa.ColumnElement[bool]:
    column = Membership.practice_id if isinstance(place, Practice) else Membership.supplier_id
    return column == place.id
