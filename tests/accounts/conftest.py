"""A practice with an owner, a colleague and, elsewhere, an outsider."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import services
from supply.accounts.models import Person, Practice, Supplier
from supply.accounts.terms import Role
from supply.audit.services import SYSTEM
from supply.db import transaction
from tests.support.people import NOW, PASSWORD, sign_in

__all__ = ["NOW", "PASSWORD", "Cast", "sign_in"]


@dataclass(frozen=True)
class Cast:
    """Everyone's keys; load what a test needs."""

    owner: str = "olga@clinic.example"
    colleague: str = "vic@clinic.example"
    outsider: str = "out@elsewhere.example"
    admin: str = "ada@supplier.example"
    packer: str = "pat@supplier.example"


@pytest.fixture
def cast(app: Flask) -> Cast:
    """Practice *alba* with clinics *a1* and *a2*, practice *other*, supplier *acme*."""
    everyone = Cast()
    with transaction():
        alba = _practice("Alba", "alba")
        other = _practice("Other", "other")
        acme = services.create_supplier(name="Acme", code="acme", actor=SYSTEM, now=NOW)
        for code in ("a1", "a2"):
            services.create_clinic(
                alba, code=code, name=f"Alba {code}", timezone="Europe/Rome", actor=SYSTEM, now=NOW
            )
        services.create_clinic(
            other, code="o1", name="Other one", timezone="UTC", actor=SYSTEM, now=NOW
        )
        _person(everyone.owner, Role.OWNER, alba)
        _person(everyone.colleague, Role.VIEWER, alba)
        _person(everyone.outsider, Role.OWNER, other)
        _person(everyone.admin, Role.SUPPLIER_ADMIN, acme)
        _person(everyone.packer, Role.FULFILLER, acme)
    return everyone


@pytest.fixture
def owner(cast: Cast, client: FlaskClient) -> FlaskClient:
    """The owner, signed in."""
    sign_in(client, cast.owner)
    return client


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
