"""What a new practice sets up before its first session, and what of it is there already."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.accounts.models import Clinic, Invitation, Membership, Practice
from supply.accounts.rules import Right
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Price, Product
from supply.catalogue.offered import offered_to
from supply.db import Key, db
from supply.formulations.models import Formulation
from supply.inventory.models import Entry
from supply.replenishment.models import Policy


@dataclass(frozen=True, slots=True)
class Step:
    """A step: where it is done (an endpoint), whose right it takes, and whether it is done."""

    name: str
    title: LazyString
    why: LazyString
    right: Right
    endpoint: str
    at_clinic: bool
    done: bool = False


STEPS = (
    Step(
        "clinic",
        _l("Clinic"),
        _l("Its name, time zone and opening days. It starts with a cupboard and a fridge."),
        Right.SETTINGS,
        "settings.new_clinic",
        at_clinic=False,
    ),
    Step(
        "people",
        _l("People"),
        _l("Invite those who keep stock and those who treat."),
        Right.SETTINGS,
        "settings.invite",
        at_clinic=False,
    ),
    Step(
        "catalogue",
        _l("Supplier and catalogue"),
        _l("Who sells to you, what, and at what price."),
        Right.STOCK,
        "settings.suppliers",
        at_clinic=False,
    ),
    Step(
        "stock",
        _l("Stock"),
        _l("What is on the shelves today, with lots and expiry dates."),
        Right.STOCK,
        "opening_stock.import_stock",
        at_clinic=True,
    ),
    Step(
        "reorder",
        _l("Reorder points"),
        _l("When an item is low, and up to how much to order."),
        Right.STOCK,
        "replenishment.policies",
        at_clinic=True,
    ),
    Step(
        "formulation",
        _l("Formulation"),
        _l("What a treatment uses, so that a session is recorded in one tap."),
        Right.STOCK,
        "formulations.new",
        at_clinic=True,
    ),
)
"""In the order in which one builds on the other."""


def first_steps(practice: Practice) -> list[Step]:
    """Return the steps of ``practice``, each done or not by what is there; one statement."""
    done = zip(STEPS, _done(practice), strict=True)
    return [replace(step, done=is_done) for step, is_done in done]


def set_hidden(practice: Practice, *, hidden: bool, actor: Actor, now: dt.datetime) -> None:
    """Put the list of first steps out of everybody's sight in this practice, or bring it back."""
    if hidden == (practice.first_steps_hidden_at is not None):
        return
    practice.first_steps_hidden_at = now if hidden else None
    db.session.flush()
    audit.record(
        actor,
        "practice.first_steps",
        ("practice", practice.id),
        now,
        practice_id=practice.id,
        after={"hidden": hidden},
    )


def _done(practice: Practice) -> tuple[bool, ...]:
    row = db.session.execute(_there_already(), {"practice_id": practice.id}).one()
    return tuple(bool(value) for value in row)


@cache
def _there_already() -> sa.Select[*tuple[Any, ...]]:
    mine = sa.bindparam("practice_id", type_=Key)
    clinics = sa.select(Clinic.id).where(Clinic.practice_id == mine)
    members = sa.select(sa.func.count()).where(Membership.practice_id == mine).scalar_subquery()
    invited = sa.select(Invitation.id).where(Invitation.practice_id == mine)
    priced = sa.select(Product.id).join(Price, Price.product_id == Product.id)
    return sa.select(
        clinics.exists(),
        sa.or_(members > 1, invited.exists()),
        priced.where(Product.withdrawn_at.is_(None), offered_to(mine)).exists(),
        sa.select(Entry.id).where(Entry.clinic_id.in_(clinics)).exists(),
        sa.select(Policy.id).where(Policy.clinic_id.in_(clinics)).exists(),
        sa.select(Formulation.id).where(Formulation.practice_id == mine).exists(),
    )
