"""A practice with an owner, a colleague and, elsewhere, an outsider."""

from __future__ import annotations

from dataclasses import dataclass

from supply.accounts import services
from supply.accounts.models import Person, Practice, Supplier
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.db import transaction
from supply.settings.services import open_clinic
from tests.support.people import NOW, PASSWORD


@dataclass(frozen=True)
class Cast:
    """Everyone's e-mail."""

    owner: str = "olga@clinic.example"
    colleague: str = "vic@clinic.example"
    outsider: str = "out@elsewhere.example"
    admin: str = "ada@supplier.example"
    packer: str = "pat@supplier.example"


def make_cast() -> Cast:
    """Make practice *alba* with clinics *a1* and *a2*, practice *other*, supplier *acme*."""
    everyone = Cast()
    with transaction():
        alba = _practice("Alba", "alba")
        other = _practice("Other", "other")
        acme = services.create_supplier(name="Acme", code="acme", actor=SYSTEM, now=NOW)
        for code in ("a1", "a2"):
            open_clinic(
                alba, code=code, name=f"Alba {code}", timezone="Europe/Rome", actor=SYSTEM, now=NOW
            )
        open_clinic(other, code="o1", name="Other one", timezone="UTC", actor=SYSTEM, now=NOW)
        _person(everyone.owner, Role.OWNER, alba)
        _person(everyone.colleague, Role.VIEWER, alba)
        _person(everyone.outsider, Role.OWNER, other)
        _person(everyone.admin, Role.SUPPLIER_ADMIN, acme)
        _person(everyone.packer, Role.FULFILLER, acme)
    return everyone


def _practice(name: str, code: str) -> Practice:
    return services.create_practice(name=name, code=code, actor=SYSTEM, now=NOW)


def _person(email: str, role: Role, place: Practice | Supplier) -> Person:
    return services.create_person(
        email=email,
        name=email.partition("@")[0].title(),
        role=role,
        practice=place if isinstance(place, Practice) else None,
        supplier=place if isinstance(place, Supplier) else None,
        password=PASSWORD,
        actor=SYSTEM,
        now=NOW,
    )
