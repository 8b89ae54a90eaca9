"""One's own details and memberships."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from supply.accounts import checks
from supply.accounts.certificates import named
from supply.accounts.homes import note_person
from supply.accounts.models import Person
from supply.accounts.names import role_name
from supply.accounts.queries import person_with_email
from supply.actor import Actor
from supply.db import db


@dataclass(frozen=True, slots=True)
class Belonging:
    """A membership in words: where, as what, in which clinics only, certificate until."""

    place: str
    role: str
    clinics: tuple[str, ...]
    certificate: str
    certificate_valid_to: dt.date | None


def change_details(
    person: Person, *, name: str, locale: str | None, actor: Actor, now: dt.datetime
) -> None:
    """Change the person's own name and language (None: of where they work); raises InvalidInput."""
    before = {"name": person.name, "locale": person.locale}
    person.name = checks.name(name)
    person.locale = checks.locale(locale) if locale else None
    db.session.flush()
    after = {"name": person.name, "locale": person.locale}
    note_person(actor, "person.changed", person.id, now, before=before, after=after)


def has_account(email: str) -> bool:
    """Return whether someone signs in with this e-mail."""
    return person_with_email(email) is not None


def memberships(person: Person) -> list[Belonging]:
    """Return where ``person`` is a member, by name."""
    found = [
        Belonging(
            place=place.name,
            role=role_name(membership.role),
            clinics=tuple(sorted(clinic.name for clinic in membership.clinics)),
            certificate=named(membership.certificate_kind, membership.certificate_number),
            certificate_valid_to=membership.certificate_valid_to,
        )
        for membership in person.memberships
        if (place := membership.practice or membership.supplier) is not None
    ]
    return sorted(found, key=lambda belonging: belonging.place)
