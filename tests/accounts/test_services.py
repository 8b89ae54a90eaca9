"""Making practices, clinics, suppliers and people."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts import checks, services, tokens
from supply.accounts.credentials import ApiToken
from supply.accounts.models import Membership, Person, Practice
from supply.accounts.queries import person_with_email, practice_with_code
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.refusals import InvalidInput
from tests.support.cast import Cast
from tests.support.people import NOW, PASSWORD


def _alba() -> Practice:
    practice = practice_with_code("alba")
    assert practice is not None
    return practice


def _person(email: str) -> Person:
    person = person_with_email(email)
    assert person is not None
    return person


def test_a_code_is_made_from_the_name(app: Flask) -> None:
    with transaction():
        codes = [
            services.create_practice(name="Clínica São João", actor=SYSTEM, now=NOW).code
            for _turn in range(2)
        ]
    assert codes == ["clinica-sao-joao", "clinica-sao-joao-2"]
    actions = db.session.scalars(sa.select(AuditRow.action)).all()
    assert actions == ["practice.created", "practice.created"]


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("code", "a1"),
        ("code", "no spaces"),
        ("name", "  "),
        ("timezone", "Europe/Nowhere"),
        ("currency", "XX"),
        ("locale", "tlh-QQ"),
    ],
)
def test_a_clinic_is_checked(app: Flask, cast: Cast, field: str, wrong: str) -> None:
    given: dict[str, Any] = {"code": "new", "name": "New", "timezone": "UTC", field: wrong}
    with pytest.raises(InvalidInput) as refusal, transaction():
        services.create_clinic(_alba(), actor=SYSTEM, now=NOW, **given)
    assert [name for name, _message in refusal.value.errors] == [field]
    assert len(_alba().clinics) == 2


def test_a_known_person_gets_a_membership_and_keeps_the_password(app: Flask, cast: Cast) -> None:
    with transaction():
        person = services.create_person(
            email=cast.outsider.upper(),
            name="Someone else",
            role=Role.STOCK_MANAGER,
            practice=_alba(),
            password="another horse",
            actor=SYSTEM,
            now=NOW,
        )
    assert (person.email, person.name) == (cast.outsider, "Out")
    assert services.verify_password(person, PASSWORD)
    assert sorted(m.role for m in person.memberships) == [Role.OWNER, Role.STOCK_MANAGER]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": Role.FULFILLER}, "role"),
        ({"email": "olga@clinic.example"}, "email"),
        ({"email": "not an address"}, "email"),
        ({"password": "short"}, "password"),
    ],
)
def test_a_refused_person_leaves_nothing(
    app: Flask, cast: Cast, change: dict[str, Any], field: str
) -> None:
    before = db.session.scalar(sa.select(sa.func.count(Membership.id)))
    given: dict[str, Any] = {"email": "new@clinic.example", "name": "New", "role": Role.VIEWER}
    with pytest.raises(InvalidInput) as refusal, transaction():
        services.create_person(practice=_alba(), actor=SYSTEM, now=NOW, **{**given, **change})
    assert refusal.value.errors[0][0] == field
    assert person_with_email("new@clinic.example") is None
    assert db.session.scalar(sa.select(sa.func.count(Membership.id))) == before


def test_a_clinic_of_another_practice_is_refused(app: Flask, cast: Cast) -> None:
    other = practice_with_code("other")
    assert other is not None
    with pytest.raises(InvalidInput, match="o1 is not a clinic of Alba"), transaction():
        services.create_person(
            email="new@clinic.example",
            name="New",
            role=Role.VIEWER,
            practice=_alba(),
            clinics=other.clinics,
            actor=SYSTEM,
            now=NOW,
        )


def test_a_token_is_kept_as_its_hash_and_ends(app: Flask, cast: Cast) -> None:
    owner = _person(cast.owner)
    with transaction():
        token = services.issue_token(owner, expires_days=2, actor=SYSTEM, now=NOW)
    row = db.session.scalars(sa.select(ApiToken)).one()
    assert row.token_hash == tokens.secret_hash(token)
    assert token not in row.token_hash
    soon, late = NOW + dt.timedelta(days=1), NOW + dt.timedelta(days=2)
    found = services.person_for_token(token, now=soon)
    assert found is not None
    assert found.email == cast.owner
    assert services.person_for_token(token, now=late) is None
    assert services.person_for_token("forged", now=soon) is None
    stranger = _person(cast.outsider)
    with transaction():
        assert not tokens.revoke_token(stranger, row.id, actor=SYSTEM, now=NOW)
        assert tokens.revoke_token(owner, row.id, actor=SYSTEM, now=NOW)
    assert services.person_for_token(token, now=soon) is None


def test_a_disabled_persons_token_is_void(app: Flask, cast: Cast) -> None:
    with transaction():
        owner = _person(cast.owner)
        token = services.issue_token(owner, actor=SYSTEM, now=NOW)
        owner.disabled_at = NOW
    assert services.person_for_token(token, now=NOW) is None


@pytest.mark.parametrize(
    ("written", "kept"), [("en-gb", "en_GB"), ("fr", "fr"), ("pt_BR", "pt_BR")]
)
def test_locales_are_kept_as_babel_writes_them(app: Flask, written: str, kept: str) -> None:
    assert checks.locale(written) == kept
