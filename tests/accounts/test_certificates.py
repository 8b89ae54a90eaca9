"""A certificate's end is told of 60 days before, once, to the practitioner and the owners."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.accounts import certificates
from supply.accounts.models import Membership, Person
from supply.accounts.rules import CertificateState, certificate_state
from supply.accounts.terms import Role
from supply.db import db, transaction
from supply.jobs import work
from supply.outbox.models import Mail
from tests.factories import NOW, TODAY, World, make_world
from tests.support.people import AsPerson

DAY = dt.timedelta(days=1)
LAST = dt.date(2026, 8, 14)
"""Sixty days after TODAY."""


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    made = make_world()
    _certify(made.practitioner, LAST, "Aesthetic medicine", "LV-77")
    return made


def _certify(person: Person, until: dt.date | None, kind: str = "", number: str = "") -> None:
    with transaction():
        db.session.execute(
            sa.update(Membership)
            .where(Membership.person_id == person.id)
            .values(certificate_valid_to=until, certificate_kind=kind, certificate_number=number)
        )


def _told(at: dt.datetime) -> list[Mail]:
    """Run the job at ``at``, twice; return what it mailed."""
    before = db.session.scalar(sa.select(sa.func.max(Mail.id))) or 0
    work.certificate_notices(at)
    assert work.certificate_notices(at) == 0
    return list(db.session.scalars(sa.select(Mail).where(Mail.id > before).order_by(Mail.id)))


@pytest.mark.parametrize(
    ("left", "state"),
    [
        (61, CertificateState.IN_DATE),
        (60, CertificateState.ENDING),
        (0, CertificateState.ENDING),
        (-1, CertificateState.OUT),
    ],
)
def test_how_a_certificate_stands(left: int, state: CertificateState) -> None:
    assert certificate_state(TODAY + left * DAY, TODAY) is state


def test_the_person_and_the_owners_are_told_once(world: World) -> None:
    assert _told(NOW - DAY) == []
    own, owners = _told(NOW)
    assert (own.to_address, owners.to_address) == (world.practitioner.email, world.owner.email)
    assert own.subject == "Your certificate ends on 14 Aug 2026"
    assert (
        "Your certificate is valid until 14 Aug (in 60 days); after that you cannot record"
        f" sessions at {world.practice.name}."
    ) in own.text
    assert "On file: Aesthetic medicine, LV-77. Renew it, and have an owner enter" in own.text
    assert owners.subject == f"{world.practitioner.name}: certificate ends on 14 Aug 2026"
    assert "Once it is renewed, enter its new last day." in owners.text
    assert _told(NOW + 30 * DAY) == []
    _certify(world.practitioner, LAST + 365 * DAY)
    assert len(_told(NOW + 365 * DAY)) == 2


def test_a_missed_run_loses_nothing_and_old_ones_are_left_alone(world: World) -> None:
    own, _owners = _told(NOW + 75 * DAY)
    assert own.subject == "Your certificate ran out on 14 Aug 2026"
    assert "you cannot record sessions at" in own.text
    _certify(world.practitioner, dt.date(2020, 1, 1))
    assert _told(NOW) == []


def test_who_needs_no_certificate_is_not_told(world: World) -> None:
    _certify(world.practitioner, None)
    _certify(world.owner, LAST)
    assert _told(NOW) == []


def test_one_that_fails_stops_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _certify(world.lapsed, LAST)
    first = min(certificates.due_notices(NOW))
    tell = certificates.tell_of_end

    def fails(membership_id: int, now: dt.datetime) -> bool:
        if membership_id == first:
            raise ValueError("broken")
        return tell(membership_id, now)

    monkeypatch.setattr(certificates, "tell_of_end", fails)
    assert work.certificate_notices(NOW) == 1
    monkeypatch.undo()
    assert work.certificate_notices(NOW) == 1


def test_today_account_and_people_say_so(
    world: World, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = f"/p/{world.practice.code}/settings/people"
    client = as_person(world.practitioner)
    assert "Your certificate is valid until" in client.get("/c/riga/today").text
    account = client.get("/account").text
    assert "Ends soon" in account
    assert "Aesthetic medicine, LV-77" in account
    assert "Your certificate" not in as_person(world.owner).get("/c/riga/today").text
    assert "Ends soon" in as_person(world.owner).get(people).text

    riga_midnight = dt.datetime(2026, 8, 14, 21, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: riga_midnight - dt.timedelta(minutes=1))
    assert "You cannot record" not in as_person(world.practitioner).get("/c/riga/use").text
    monkeypatch.setattr(clock, "now", lambda: riga_midnight)
    client = as_person(world.practitioner)
    assert "You cannot record" in client.get("/c/riga/use").text
    assert "Your certificate ran out on 14 Aug 2026" in client.get("/c/riga/today").text


def test_an_owner_enters_kind_and_number(world: World, as_person: AsPerson) -> None:
    key = db.session.scalars(
        sa.select(Membership.id).where(Membership.person_id == world.practitioner.id)
    ).one()
    address = f"/p/{world.practice.code}/settings/people/{key}"
    form = {
        "role": Role.PRACTITIONER.value,
        "certificate_kind": " Level 7 ",
        "certificate_number": "GB-1",
        "certificate_valid_to": "2027-01-31",
    }
    client = as_person(world.owner)
    assert client.post(address, data=form).status_code == 302
    db.session.expire_all()
    kept = db.session.get_one(Membership, key)
    assert (kept.certificate_kind, kept.certificate_number, kept.certificate_valid_to) == (
        "Level 7",
        "GB-1",
        dt.date(2027, 1, 31),
    )
    refused = client.post(address, data={**form, "certificate_number": "x" * 81})
    assert refused.status_code == 400
