"""When a difference is large, and how often each class of items is counted: of a clinic."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.accounts.models import Clinic, Membership, membership_clinic
from supply.accounts.rules import RIGHTS, Right, may
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.audit import services as audit
from supply.clock import local_date
from supply.counting.models import CountLimits
from supply.counting.rules import Limits
from supply.counting.terms import ItemClass
from supply.db import db
from supply.money import precision

_COUNTERS = tuple(role for role in Role if Right.WASTE in RIGHTS[role])


def limits_of(clinic: Clinic) -> Limits:
    """Return the limits of ``clinic``: its own, else the usual ones."""
    kept = db.session.get(CountLimits, clinic.id)
    return usual(clinic.currency) if kept is None else limits_in(kept)


def set_limits(clinic: Clinic) -> Limits | None:
    """Return the limits that ``clinic`` has set; None where it has not."""
    kept = db.session.get(CountLimits, clinic.id)
    return None if kept is None else limits_in(kept)


def usual(currency: str) -> Limits:
    """Return the limits of clinics that have set none."""
    return Limits(200 * 10 ** precision(currency))


def limits_in(row: CountLimits) -> Limits:
    """Return the limits that a row says."""
    days = {ItemClass.A: row.days_a, ItemClass.B: row.days_b, ItemClass.C: row.days_c}
    return Limits(row.recount_minor, row.recount_percent, days)


def change_limits(clinic: Clinic, limits: Limits, *, actor: Actor, now: dt.datetime) -> None:
    """Set the limits of ``clinic``."""
    before = limits_of(clinic)
    row = db.session.get(CountLimits, clinic.id)
    if row is None:
        row = CountLimits(clinic_id=clinic.id)
        db.session.add(row)
    row.recount_minor, row.recount_percent = limits.minor, limits.percent
    row.days_a, row.days_b, row.days_c = (limits.days[one] for one in ItemClass)
    db.session.flush()
    audit.record(
        actor,
        "count.limits_changed",
        ("clinic", clinic.id),
        now,
        clinic_id=clinic.id,
        before=before.as_facts(),
        after=limits.as_facts(),
    )


def another_can_count(clinic: Clinic, person_id: int | None, now: dt.datetime) -> bool:
    """Return whether somebody else than ``person_id`` may count at ``clinic``."""
    limited = membership_clinic.c.membership_id == Membership.id
    here = sa.and_(limited, membership_clinic.c.clinic_id == clinic.id)
    rows = db.session.execute(
        sa.select(Membership.role, Membership.certificate_valid_to).where(
            Membership.practice_id == clinic.practice_id,
            Membership.person_id != (person_id or 0),
            Membership.role.in_(_COUNTERS),
            sa.or_(~sa.exists().where(limited), sa.exists().where(here)),
        )
    )
    today = local_date(now, clinic.timezone)
    return any(
        may(row.role, Right.WASTE, certificate_valid_to=row.certificate_valid_to, today=today)
        for row in rows
    )
