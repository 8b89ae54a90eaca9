"""The practice and its clinics."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Clinic, Practice
from supply.accounts.queries import clinic_with_code, practice_with_code
from supply.audit.models import AuditRow
from supply.catalogue.terms import Storage
from supply.db import db
from supply.items.models import Location
from supply.items.terms import LocationKind
from tests.support.cast import Cast
from tests.support.people import sign_in

SETTINGS = "/p/alba/settings"
CLINIC = {
    "name": "Alba a1",
    "timezone": "Europe/Rome",
    "locale": "en",
    "opening_days": ["0", "5"],
    "digest_hour": "6",
    "expiring_days": "90",
}
NEW = {**CLINIC, "name": "New", "code": "a3", "currency": "chf"}


def _client(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, email)
    return client


def _clinic(code: str) -> Clinic:
    clinic = clinic_with_code(code)
    assert clinic is not None
    return clinic


def _alba() -> Practice:
    practice = practice_with_code("alba")
    assert practice is not None
    return practice


@pytest.mark.parametrize("page", ["", "/clinics", "/clinics/new", "/clinics/1", "/practice"])
def test_owner_sees_colleague_is_refused_outsider_finds_nothing(
    app: Flask, cast: Cast, page: str
) -> None:
    everyone = (cast.owner, cast.colleague, cast.outsider)
    statuses = [_client(app, email).get(SETTINGS + page).status_code for email in everyone]
    assert statuses == [200, 403, 404]


def test_a_new_clinic_is_furnished(app: Flask, cast: Cast) -> None:
    answer = _client(app, cast.owner).post(f"{SETTINGS}/clinics/new", data=NEW)
    assert answer.status_code == 302
    clinic = _clinic("a3")
    assert (clinic.currency, clinic.opening_days, clinic.expiring_days) == ("CHF", 0b100001, 90)
    shelves = sa.select(Location.storage).filter_by(clinic_id=clinic.id, kind=LocationKind.SHELF)
    assert set(db.session.scalars(shelves)) == {Storage.AMBIENT, Storage.COLD}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "a2"}, "The code a2 is taken."),
        ({"timezone": "Rome"}, "Rome is not a time zone"),
        ({"opening_days": []}, "Choose at least one day."),
        ({"digest_hour": "24"}, "Enter a whole number from 0 to 23."),
        ({"currency": "ZZZ"}, "ZZZ is not a currency"),
    ],
)
def test_a_faulty_clinic_is_shown_again(
    app: Flask, cast: Cast, change: dict[str, object], said: str
) -> None:
    answer = _client(app, cast.owner).post(f"{SETTINGS}/clinics/new", data={**NEW, **change})
    assert answer.status_code == 400
    assert said in answer.text
    assert len(_alba().clinics) == 2


def test_a_clinic_changes_with_its_before_and_after(app: Flask, cast: Cast) -> None:
    clinic = _clinic("a1")
    path = f"{SETTINGS}/clinics/{clinic.id}"
    owner = _client(app, cast.owner)
    assert 'value="7"' in owner.get(path).text
    assert owner.post(path, data=CLINIC).status_code == 302
    assert (_clinic("a1").digest_hour, _clinic("a1").currency) == (6, "EUR")
    row = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.action, row.clinic_id) == ("clinic.changed", clinic.id)
    assert row.before is not None
    assert row.after is not None
    assert (row.before["digest_hour"], row.after["digest_hour"]) == (7, 6)


def test_a_clinic_of_another_practice_is_not_here(app: Flask, cast: Cast) -> None:
    path = f"{SETTINGS}/clinics/{_clinic('o1').id}"
    assert _client(app, cast.owner).post(path, data=CLINIC).status_code == 404
    assert _clinic("o1").name == "Other one"


def test_the_licence_needs_its_last_day(app: Flask, cast: Cast) -> None:
    owner, path = _client(app, cast.owner), f"{SETTINGS}/practice"
    form = {"name": "Alba", "locale": "en", "licence_number": "L-1"}
    answer = owner.post(path, data=form)
    assert answer.status_code == 400
    assert "together" in answer.text
    form["licence_valid_to"] = "2027-01-31"
    assert owner.post(path, data=form).status_code == 302
    practice = practice_with_code("alba")
    assert practice is not None
    assert (practice.licence_number, str(practice.licence_valid_to)) == ("L-1", "2027-01-31")


def test_items_are_set_up_once_for_all_clinics(app: Flask, cast: Cast) -> None:
    page = _client(app, cast.owner).get(SETTINGS).text
    clinics = page.count(">Locations</a>")
    assert clinics > 1
    assert page.count(">Reorder points</a>") == clinics
    assert page.count(">Item settings</a>") == 1
