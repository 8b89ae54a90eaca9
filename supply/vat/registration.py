"""Saying where a business is established and under which VAT number, and who looked that up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from supply import text
from supply.accounts.models import Person, Practice, Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.countries import is_country
from supply.db import db
from supply.refusals import InvalidInput
from supply.vat import numbers
from supply.vat.numbers import InvalidVatNumberError


@dataclass(frozen=True, slots=True)
class Registration:
    """What is said of a business, "" for nothing; whether the number was looked up just now."""

    country: str = ""
    vat_number: str = ""
    looked_up: bool = False


def register(
    place: Practice | Supplier, said: Registration, *, actor: Actor, now: dt.datetime
) -> None:
    """Keep where ``place`` is established and its VAT number, with who looked it up and when.

    A number that stays keeps who looked it up before. Orders that are placed keep their VAT.

    Raises:
        InvalidInput: field ``country``, ``vat_number`` or ``vat_looked_up``: no such country, a
            number without one, not of its form, or not looked up.
    """
    country = text.code(said.country).upper() or None
    number = _number(said.vat_number, country)
    if country is not None and not is_country(country):
        raise InvalidInput(("country", _("Choose a country.")))
    if number and number != place.vat_number and not said.looked_up:
        message = _("Look the number up, and tick this once the register says that it is valid.")
        raise InvalidInput(("vat_looked_up", message))
    before = _facts(place)
    place.country = country
    if number is None:
        place.vat_number = place.vat_checked_at = place.vat_checked_by_id = None
    elif number != place.vat_number or said.looked_up:
        place.vat_number = number
        place.vat_checked_at, place.vat_checked_by_id = now, actor.person_id
    db.session.flush()
    if before != _facts(place):
        _record(place, before, actor, now)


def who_checked(place: Practice | Supplier) -> str:
    """Return the name of who looked the VAT number up; "" where it was no person."""
    if place.vat_checked_by_id is None:
        return ""
    person = db.session.get(Person, place.vat_checked_by_id)
    return person.name if person else ""


def _number(typed: str, country: str | None) -> str | None:
    written = text.code(typed)
    if not written:
        return None
    if country is None:
        raise InvalidInput(("country", _("Choose the country that gave the VAT number.")))
    try:
        return numbers.kept(written, country)
    except InvalidVatNumberError as fault:
        raise InvalidInput(("vat_number", str(fault.sentence))) from None


def _facts(place: Practice | Supplier) -> dict[str, Any]:
    at = place.vat_checked_at
    return {
        "country": place.country,
        "vat_number": place.vat_number,
        "vat_checked_at": at.isoformat() if at else None,
    }


def _record(
    place: Practice | Supplier, before: dict[str, Any], actor: Actor, now: dt.datetime
) -> None:
    of_practice = isinstance(place, Practice)
    audit.record(
        actor,
        "practice.registered" if of_practice else "supplier.registered",
        ("practice" if of_practice else "supplier", place.id),
        now,
        **{"practice_id" if of_practice else "supplier_id": place.id},
        before=before,
        after=_facts(place),
    )
