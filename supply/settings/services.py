"""Changing a practice, its clinics and its members; opening a clinic."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Unpack

from flask_babel import gettext as _

from supply.accounts import checks
from supply.accounts import services as accounts
from supply.accounts.models import Clinic, Practice
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.items.places import furnish_clinic
from supply.refusals import InvalidInput

EXPIRING_DAYS = range(1, 731)


@dataclass(frozen=True, slots=True)
class ClinicFacts:
    """What may be changed about a clinic. ``opening_days`` are bits, Monday the lowest."""

    name: str
    address: str
    timezone: str
    locale: str
    opening_days: int
    digest_hour: int
    expiring_days: int


@dataclass(frozen=True, slots=True)
class PracticeFacts:
    """What may be changed about a practice."""

    name: str
    locale: str
    licence_number: str | None
    licence_valid_to: dt.date | None


def open_clinic(
    practice: Practice,
    *,
    code: str,
    name: str,
    timezone: str,
    actor: Actor,
    now: dt.datetime,
    **more: Unpack[accounts.ClinicExtras],
) -> Clinic:
    """Make a clinic with its first places: a cupboard and a fridge.

    Raises InvalidInput for a bad value or a code that is taken.
    """
    clinic = accounts.create_clinic(
        practice, code=code, name=name, timezone=timezone, actor=actor, now=now, **more
    )
    furnish_clinic(clinic)
    return clinic


def change_clinic(clinic: Clinic, facts: ClinicFacts, *, actor: Actor, now: dt.datetime) -> None:
    """Change what a clinic is called, where it is and when it is open; raises InvalidInput.

    Its code and currency stay: they are in files, orders and costs already.
    """
    before = _clinic_facts(clinic)
    _check_clinic(facts)
    clinic.name = checks.name(facts.name)
    clinic.address = facts.address.strip()
    clinic.timezone = checks.timezone(facts.timezone)
    clinic.locale = checks.locale(facts.locale)
    clinic.opening_days = facts.opening_days
    clinic.digest_hour = facts.digest_hour
    clinic.expiring_days = facts.expiring_days
    db.session.flush()
    audit.record(
        actor,
        "clinic.changed",
        ("clinic", clinic.id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
        before=before,
        after=_clinic_facts(clinic),
    )


def change_practice(
    practice: Practice, facts: PracticeFacts, *, actor: Actor, now: dt.datetime
) -> None:
    """Change a practice's name, language and licence; raises InvalidInput."""
    if (facts.licence_number is None) != (facts.licence_valid_to is None):
        message = _("Give the licence number and the last day it is valid together.")
        field = "licence_number" if facts.licence_number is None else "licence_valid_to"
        raise InvalidInput((field, message))
    before = _practice_facts(practice)
    practice.name = checks.name(facts.name)
    practice.locale = checks.locale(facts.locale)
    practice.licence_number = facts.licence_number
    practice.licence_valid_to = facts.licence_valid_to
    db.session.flush()
    audit.record(
        actor,
        "practice.changed",
        ("practice", practice.id),
        now,
        practice_id=practice.id,
        before=before,
        after=_practice_facts(practice),
    )


def _check_clinic(facts: ClinicFacts) -> None:
    faults = []
    if not 1 <= facts.opening_days <= 127:
        faults.append(("opening_days", _("Choose at least one day.")))
    if not 0 <= facts.digest_hour <= 23:
        faults.append(("digest_hour", _("Choose an hour from 0 to 23.")))
    if facts.expiring_days not in EXPIRING_DAYS:
        faults.append(("expiring_days", _("Enter 1 to 730 days.")))
    if faults:
        raise InvalidInput(*faults)


def _clinic_facts(clinic: Clinic) -> dict[str, Any]:
    names = ("name", "address", "timezone", "locale", "opening_days", "digest_hour")
    return {name: getattr(clinic, name) for name in (*names, "expiring_days")}


def _practice_facts(practice: Practice) -> dict[str, Any]:
    until = practice.licence_valid_to
    return {
        "name": practice.name,
        "locale": practice.locale,
        "licence_number": practice.licence_number,
        "licence_valid_to": until.isoformat() if until else None,
    }
