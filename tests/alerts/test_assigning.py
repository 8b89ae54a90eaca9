"""Alerts assigned to a person: shown, listed as one's own, and told in their next daily mail."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.accounts.models import Person
from supply.alerts import services
from supply.alerts.digest import queue_digests
from supply.alerts.models import Alert
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.refusals import InvalidInput
from tests.api.calls import Cast
from tests.factories import BIOTIN, COLD, NOW, TODAY, World, stock
from tests.replenishment.conftest import Reorder, swept
from tests.replenishment.test_pages import as_person

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand the clock."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def two(world: World, reorder: Reorder) -> tuple[int, int]:
    """An item to order and a lot that expires, told this morning; return their alerts."""
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    stock(world, COLD, "10", lot="P1", expiry=TODAY + DAY * 12)
    swept()
    assert len(mailed(NOW)) == 2
    found = db.session.scalars(sa.select(Alert.id).order_by(Alert.kind))
    expiring, order = found
    return expiring, order


def mailed(now: dt.datetime) -> list[tuple[str, str, str]]:
    """Queue the digests due; return what is new of them: recipient, subject, text."""
    before = db.session.scalars(sa.select(sa.func.max(Mail.id))).one() or 0
    with transaction():
        queue_digests(now)
    mails = db.session.scalars(sa.select(Mail).where(Mail.id > before).order_by(Mail.id))
    return [(mail.to_address, mail.subject, mail.text) for mail in mails]


def assigned(alert_id: int) -> int | None:
    db.session.rollback()
    return db.session.get_one(Alert, alert_id).assigned_to_id


def test_it_is_shown_and_found_as_ones_own(app: Flask, world: World, two: tuple[int, int]) -> None:
    client = as_person(app, world.owner)
    expiring, order = two
    assert "Assigned to you" not in client.get("/c/riga/alerts").text
    path = f"/c/riga/alerts/{expiring}/assign"
    client.post(path, data={"person": str(world.owner.id), "before": ""})
    client.post(f"/c/riga/alerts/{order}/assign", data={"person": str(world.manager.id)})
    page = client.get("/c/riga/alerts").text
    assert f"For {world.manager.name}" in page
    mine = client.get("/c/riga/alerts?mine=1").text
    assert "lot P1" in mine
    assert "Biotin" not in mine
    assert "lot P1" not in client.get("/c/riga/alerts?mine=1&kind=order_now").text
    found = Cast(app, world).api("viewer").get("/clinics/riga/alerts").get_json()["alerts"]
    assert {one["assigned_to"] for one in found} == {world.owner.email, world.manager.email}
    client.post(path, data={"person": ""})
    assert assigned(expiring) is None
    row = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.action == "alert.assigned").order_by(AuditRow.id.desc())
    ).first()
    assert row is not None
    assert (row.before, row.after) == (
        {"assigned_to": world.owner.id},
        {"assigned_to": None},
    )


def test_who_gets_no_digest_is_told_of_theirs_alone(world: World, two: tuple[int, int]) -> None:
    expiring, _order = two
    with transaction():
        services.assign(world.clinic, expiring, world.practitioner.id, actor=world.actor(), now=NOW)
        services.acknowledge(world.clinic.id, expiring, actor=world.actor(), now=NOW)
    [(to, subject, text)] = mailed(NOW + DAY)
    assert (to, subject) == (
        world.practitioner.email,
        "Assigned to you at Riga Centre: Peptide + growth complex",
    )
    assert text.startswith("Riga Centre: 1 lot expiring; 1 assigned to you.\n")
    assert "Biotin" not in text
    assert mailed(NOW + DAY * 2) == []


def test_who_knows_of_it_is_told_that_it_is_theirs(world: World, two: tuple[int, int]) -> None:
    """The morning's mail has named it to the manager already; one's own doing is no news."""
    expiring, order = two
    with transaction():
        services.assign(world.clinic, order, world.manager.id, actor=world.actor(), now=NOW)
        services.assign(world.clinic, expiring, world.owner.id, actor=world.actor(), now=NOW)
    [(to, subject, text)] = mailed(NOW + DAY)
    assert (to, subject) == (
        world.manager.email,
        "Assigned to you at Riga Centre: Biotin 5 mg/ml",
    )
    first, rest = text.split("Still open")
    assert "Assigned to you\n\n- Biotin" in first
    assert "lot P1" in rest


def test_only_somebody_of_the_clinic(app: Flask, world: World, two: tuple[int, int]) -> None:
    expiring, _order = two
    with transaction():
        db.session.get_one(Person, world.lapsed.id).disabled_at = NOW
    for person in (world.outsider, world.lapsed, world.fulfiller):
        with pytest.raises(InvalidInput, match="somebody who works at this clinic"):
            services.assign(world.clinic, expiring, person.id, actor=world.actor(), now=NOW)
    colleague = as_person(app, world.viewer)
    path = f"/c/riga/alerts/{expiring}/assign"
    assert colleague.post(path, data={"person": str(world.owner.id)}).status_code == 403
    outsider = as_person(app, world.outsider)
    assert outsider.post(path, data={"person": str(world.outsider.id)}).status_code == 404
    assert assigned(expiring) is None
