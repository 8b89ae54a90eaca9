"""Setting reorder points."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.items.models import Item
from supply.quantity import InvalidQuantityError, Unit, check
from supply.refusals import InvalidInput
from supply.replenishment.models import Policy
from supply.replenishment.rules import no_service_level, service_level_fault
from supply.replenishment.terms import Method


def set_policy(
    clinic_id: int,
    item_id: int,
    *,
    method: Method,
    reorder_point: Decimal | None = None,
    par_level: Decimal | None = None,
    service_level: Decimal | None = None,
    kept: Collection[str] = (),
    actor: Actor,
    now: dt.datetime,
) -> Policy:
    """Set how an item is reordered at a clinic, in its base unit; return the policy, flushed.

    A fixed policy needs ``reorder_point`` and a ``par_level`` above it; a projected one a
    ``service_level`` between 0.5 and 0.999 at three decimals, and may keep the other two.
    Of both levels those whose names are ``kept`` stay as they are. Locks the item's row, so that
    two people make one policy.

    Raises:
        InvalidInput: every fault, by field ``reorder_point``, ``par_level``, ``service_level``.
    """
    item = db.session.scalars(
        sa.select(Item).where(Item.id == item_id).with_for_update(key_share=True)
    ).one()
    policy = _policy(clinic_id, item_id)
    if policy is not None:
        reorder_point = policy.reorder_point if "reorder_point" in kept else reorder_point
        par_level = policy.par_level if "par_level" in kept else par_level
    faults = _faults(method, reorder_point, par_level, item.unit)
    faults += _service_level_faults(method, service_level)
    if faults:
        raise InvalidInput(*faults)
    before = _as_json(policy) if policy else None
    if policy is None:
        policy = Policy(clinic_id=clinic_id, item_id=item_id)
        db.session.add(policy)
    policy.method = method
    policy.reorder_point, policy.par_level = reorder_point, par_level
    policy.service_level_thousandths = None if service_level is None else int(service_level * 1000)
    policy.updated_at = now
    db.session.flush()
    _record("policy.set", policy, actor, now, before, _as_json(policy))
    return policy


def remove_policy(clinic_id: int, item_id: int, *, actor: Actor, now: dt.datetime) -> bool:
    """Stop reordering an item at a clinic; return whether there was a policy."""
    policy = _policy(clinic_id, item_id)
    if policy is None:
        return False
    _record("policy.removed", policy, actor, now, _as_json(policy), None)
    db.session.delete(policy)
    db.session.flush()
    return True


def _faults(
    method: Method, reorder_point: Decimal | None, par_level: Decimal | None, unit: Unit
) -> list[tuple[str, str]]:
    levels = {"reorder_point": reorder_point, "par_level": par_level}
    found = [(name, _level_fault(value, unit)) for name, value in levels.items()]
    faults = [(name, fault) for name, fault in found if fault]
    if method is Method.FIXED:
        missing = [name for name, value in levels.items() if value is None]
        faults += [(name, str(_("Enter a quantity."))) for name in missing]
    if faults or reorder_point is None or par_level is None:
        return faults
    if par_level <= reorder_point:
        return [("par_level", str(_("The par level must be above the reorder point.")))]
    return []


def _level_fault(value: Decimal | None, unit: Unit) -> str | None:
    if value is None:
        return None
    try:
        check(value, unit, allow_zero=True)
    except InvalidQuantityError as error:
        return str(error)
    return None


def _service_level_faults(method: Method, level: Decimal | None) -> list[tuple[str, str]]:
    if level is None:
        if method is Method.FIXED:
            return []
        return [("service_level", str(no_service_level()))]
    fault = service_level_fault(level)
    return [("service_level", str(fault))] if fault else []


def _policy(clinic_id: int, item_id: int) -> Policy | None:
    return db.session.scalar(
        sa.select(Policy).where(Policy.clinic_id == clinic_id, Policy.item_id == item_id)
    )


def _as_json(policy: Policy) -> dict[str, Any]:
    def text(value: Decimal | None) -> str | None:
        return None if value is None else str(value)

    return {
        "item": policy.item_id,
        "method": policy.method.value,
        "reorder_point": text(policy.reorder_point),
        "par_level": text(policy.par_level),
        "service_level_thousandths": policy.service_level_thousandths,
    }


def _record(
    action: str,
    policy: Policy,
    actor: Actor,
    now: dt.datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(
        actor,
        action,
        ("policy", policy.id),
        now,
        clinic_id=policy.clinic_id,
        before=before,
        after=after,
    )
