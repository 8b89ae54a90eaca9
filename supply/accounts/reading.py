"""In which language somebody reads: the one they chose, else that of where they work."""

from __future__ import annotations

from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.languages import ENGLISH


def locale_of(person: Person, place: Clinic | Practice | Supplier | None = None) -> str:
    """Return the locale in which ``person`` reads of ``place``; without one, of where they work."""
    if person.locale is not None:
        return person.locale
    return place.locale if place is not None else _at_work(person)


def _at_work(person: Person) -> str:
    """Return the locale of the clinic somebody looked at last, else of their first membership."""
    memberships = sorted(person.memberships, key=lambda one: one.id)
    places = [one.practice or one.supplier for one in memberships]
    clinics = (clinic for one in places if isinstance(one, Practice) for clinic in one.clinics)
    last = [clinic for clinic in clinics if clinic.id == person.last_clinic_id]
    return next((place.locale for place in (*last, *places) if place is not None), ENGLISH)
