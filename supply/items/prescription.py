"""Who may take prescription-only goods into a clinic."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic, Membership, Person
from supply.accounts.rules import RIGHTS, Right
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.db import db
from supply.items.models import Item, ItemProduct
from supply.refusals import NotForThem


@dataclass(frozen=True, slots=True)
class Coming:
    """Goods about to come in; ``field`` is what a refusal calls their row ("lines.0")."""

    item: Item
    field: str


def check_may_take_in(clinic: Clinic, goods: Sequence[Coming], actor: Actor) -> None:
    """Refuse goods that are prescription only to a person who may not receive such.

    An item is prescription only if any product it is bought as is. Owners may always; the
    system itself may, too.

    Raises:
        NotForThem: naming each row, and who may receive it.
    """
    barred = barred_items(clinic, {one.item.id for one in goods}, actor)
    if not barred:
        return
    who = ", ".join(_allowed(clinic)) or _("an owner")
    raise NotForThem(
        *(
            (
                one.field,
                _(
                    "%(name)s is prescription only: you may not receive it. Ask %(who)s.",
                    name=one.item.name,
                    who=who,
                ),
            )
            for one in goods
            if one.item.id in barred
        )
    )


def barred_items(clinic: Clinic, item_ids: Collection[int], actor: Actor) -> frozenset[int]:
    """Return those of the items that are prescription only, if ``actor`` may not receive such."""
    if actor.person_id is None or _may(clinic.practice_id, actor.person_id):
        return frozenset()
    query = (
        sa.select(ItemProduct.item_id)
        .join(Product, Product.id == ItemProduct.product_id)
        .where(ItemProduct.item_id.in_(sorted(item_ids)), Product.prescription_only)
    )
    return frozenset(db.session.scalars(query))


def _may(practice_id: int, person_id: int) -> bool:
    query = sa.select(Membership.role, Membership.receives_prescription_only).where(
        Membership.practice_id == practice_id, Membership.person_id == person_id
    )
    row = db.session.execute(query).one_or_none()
    return row is not None and (row.role is Role.OWNER or row.receives_prescription_only)


def _allowed(clinic: Clinic) -> list[str]:
    """Return the names of those who may receive such goods at ``clinic``, by name."""
    members = db.session.scalars(
        sa.select(Membership)
        .join(Membership.person)
        .where(
            Membership.practice_id == clinic.practice_id,
            Membership.role.in_([role for role, may in RIGHTS.items() if Right.STOCK in may]),
            sa.or_(Membership.role == Role.OWNER, Membership.receives_prescription_only),
            Person.disabled_at.is_(None),
        )
        .order_by(Person.name, Membership.id)
    )
    return [
        member.person.name for member in members if not member.clinics or clinic in member.clinics
    ]
