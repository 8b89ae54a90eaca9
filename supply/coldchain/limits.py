"""The range of a location, and how long it may be out of it: read, and set by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import asdict

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.coldchain.models import ColdLimit
from supply.coldchain.rules import Limits, usual_limits
from supply.db import db
from supply.items.models import Location
from supply.refusals import InvalidInput

COLDEST, WARMEST = -10_000, 10_000
"""Hundredths of a degree beyond which no reading is one."""

MOST_MINUTES = 7 * 24 * 60
FIELDS = (
    "low", "high", "warm_minutes", "warm_total", "cold_minutes", "cold_total", "may_freeze",
)  # fmt: skip


def limits_of(location: Location) -> Limits:
    """Return the limits of a location: as they were set, else the usual of its storage class."""
    return limits_of_all([location])[location.id]


def limits_of_all(locations: Collection[Location]) -> dict[int, Limits]:
    """Return the limits of ``locations`` by their ids."""
    ids = [location.id for location in locations]
    rows = db.session.scalars(sa.select(ColdLimit).where(ColdLimit.location_id.in_(ids)))
    found = {row.location_id: _limits(row) for row in rows}
    return {one.id: found.get(one.id) or usual_limits(one.storage) for one in locations}


def _limits(row: ColdLimit) -> Limits:
    return Limits(**{name: getattr(row, name) for name in FIELDS})


def set_limits(location: Location, limits: Limits, *, actor: Actor, now: dt.datetime) -> None:
    """Set the limits of a location; call :func:`supply.coldchain.judging.rejudge` after it.

    Raises:
        InvalidInput: no bound at all, a range that is none, or minutes that cannot be.
    """
    _check(limits)
    before = limits_of(location)
    row = db.session.get(ColdLimit, location.id) or ColdLimit(location_id=location.id)
    for name in FIELDS:
        setattr(row, name, getattr(limits, name))
    db.session.add(row)
    db.session.flush()
    audit.record(
        actor,
        "cold_limit.set",
        ("location", location.id),
        now,
        clinic_id=location.clinic_id,
        before=asdict(before),
        after=asdict(limits),
    )


def _check(limits: Limits) -> None:
    wrong = []
    bounds = {"low": limits.low, "high": limits.high}
    if limits.low is None and limits.high is None:
        wrong.append(("high", _("Enter at least one bound.")))
    elif limits.low is not None and limits.high is not None and limits.low >= limits.high:
        wrong.append(("high", _("Enter more than the lowest.")))
    for name, bound in bounds.items():
        if bound is not None and not COLDEST <= bound <= WARMEST:
            wrong.append((name, _("Enter a temperature from −100 to 100 °C.")))
    for name in ("warm_minutes", "warm_total", "cold_minutes", "cold_total"):
        if not 0 <= getattr(limits, name) <= MOST_MINUTES:
            message = _("Enter from 0 to %(most)d minutes.", most=MOST_MINUTES)
            wrong.append((name, message))
    if wrong:
        raise InvalidInput(*wrong)
