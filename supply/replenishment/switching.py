"""Switching all of a clinic's items to their projection: what would change, and doing it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.items.models import Item
from supply.need.foreseeing import Foresight, Target, foresee
from supply.need.outlook import scope_of
from supply.replenishment.queries import ItemPolicy, item_policies
from supply.replenishment.rules import USUAL_SERVICE_LEVEL, is_low
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method


@dataclass(frozen=True, slots=True)
class Switch:
    """An item not judged by its projection yet: what its reorder point says, and what that would.

    Quantities are in its base unit.
    """

    item: Item
    reorder_point: Decimal | None
    low_now: bool
    line: Decimal
    """The level at which the projection orders."""
    order_by: dt.date | None
    packs: int
    used: bool
    due: bool
    """Whether the projection orders it today."""

    @property
    def sooner(self) -> bool:
        """Whether the projection orders today what the reorder point does not."""
        return self.due and not self.low_now

    @property
    def later(self) -> bool:
        """Whether the reorder point orders today what the projection does not."""
        return self.low_now and not self.due


def switches(clinic: Clinic, *, now: dt.datetime) -> list[Switch]:
    """Return the items that switching would concern, those it changes something for today first."""
    waiting = [
        row
        for row in item_policies(clinic.id, now=now)
        if row.policy is None or row.policy.method is not Method.PROJECTED
    ]
    targets = [Target(clinic.id, row.item.id, USUAL_SERVICE_LEVEL) for row in waiting]
    ahead = foresee(scope_of(clinic, now), targets)
    found = [_switch(row, ahead, place) for place, row in enumerate(waiting)]
    return sorted(found, key=lambda one: (not (one.sooner or one.later), not one.due))


def _switch(standing: ItemPolicy, ahead: Foresight, row: int) -> Switch:
    point = standing.policy.reorder_point if standing.policy else None
    order_by = ahead.order_by(row)
    return Switch(
        item=standing.item,
        reorder_point=point,
        low_now=point is not None and is_low(standing.available, standing.on_order, point),
        line=ahead.base(row, float(ahead.made.line[row])),
        order_by=order_by,
        packs=int(ahead.made.packs[row]),
        used=ahead.is_used(row),
        due=order_by is not None and order_by == ahead.day(row, 0),
    )


def switch_all(clinic: Clinic, *, actor: Actor, now: dt.datetime) -> int:
    """Have all items of ``clinic`` judged by their projection; points that are set stay, shown.

    What is stocked later is as well. Locks the clinic's row. Returns how many changed.
    """
    db.session.execute(sa.select(Clinic.id).where(Clinic.id == clinic.id).with_for_update())
    changed = 0
    for row in item_policies(clinic.id, now=now):
        policy = row.policy
        if policy is not None and policy.method is Method.PROJECTED:
            continue
        set_policy(
            clinic.id,
            row.item.id,
            method=Method.PROJECTED,
            reorder_point=policy.reorder_point if policy else None,
            par_level=policy.par_level if policy else None,
            service_level=Decimal(str(USUAL_SERVICE_LEVEL)),
            actor=actor,
            now=now,
        )
        changed += 1
    if not clinic.projected:
        db.session.execute(sa.update(Clinic).where(Clinic.id == clinic.id).values(projected=True))
        audit.record(
            actor,
            "clinic.projected",
            ("clinic", clinic.id),
            now,
            clinic_id=clinic.id,
            before={"projected": False},
            after={"projected": True},
        )
    return changed
