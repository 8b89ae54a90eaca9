"""What a practice answers, clinic by clinic, and when it is asked anew; whom silence reaches."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Clinic, Person
from supply.db import db, transaction
from supply.inventory.models import Hold
from supply.outbox.models import Mail
from supply.recalls import work
from supply.recalls.answering import acknowledge
from supply.recalls.escalating import is_due
from supply.recalls.models import RecallPractice
from supply.recalls.terms import RecallAnswer
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, FORMULATION, NOW, World, make_formulation, stock
from tests.support.people import sign_in
from tests.support.recalling import declared

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def answered(recall_id: int, world: World, answer: RecallAnswer | None = None) -> str | None:
    """Answer for the practice, and return what is kept."""
    with transaction():
        row = acknowledge(recall_id, world.practice.id, answer=answer, actor=world.actor(), now=NOW)
        return row.answer


@pytest.mark.parametrize("said", [None, RecallAnswer.NONE_HERE])
def test_who_used_all_of_it_has_none_left_and_is_asked_anew_when_more_comes(
    world: World, said: RecallAnswer | None
) -> None:
    stock(world, AMPOULE, "5", lot="TX-1")
    make_formulation(world, [(AMPOULE, "5")])
    with transaction():
        given = SessionRequest(FORMULATION, "P-1", occurred_at=NOW - dt.timedelta(hours=1))
        record_session(world.clinic, given, actor=world.actor(world.practitioner), now=NOW)
    recall_id = declared(world)
    assert answered(recall_id, world, said) == "none_left"
    stock(world, AMPOULE, "5", lot="tx-1")
    row = db.session.scalars(sa.select(RecallPractice)).one()
    assert (row.answer, row.acknowledged_at) == (None, None)
    newest = db.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    assert newest is not None
    assert "More of what Baltic" in newest.text


def test_who_never_had_any_has_none_here(world: World) -> None:
    stock(world, AMPOULE, "5", lot="TX-1", clinic=world.other_clinic)
    recall_id = declared(world)
    with transaction():
        row = acknowledge(recall_id, world.other_clinic.practice_id, actor=world.actor(), now=NOW)
        assert row.answer == "found"


def test_each_clinic_says_by_itself_that_it_looked(world: World, client: FlaskClient) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    stock(world, AMPOULE, "10", lot="TX-1", clinic=world.sister)
    recall_id = declared(world)
    sign_in(client, "manager@example.org")
    at = f"/c/riga/recalls/{recall_id}"
    clinics = db.session.scalars(sa.select(Clinic.id).where(Clinic.code == "riga")).all()
    early = client.post(f"/c/dublin/recalls/{recall_id}/looked", follow_redirects=True)
    assert "Answer first" in early.text
    client.post(f"{at}/answer", data={"answer": "found", "clinics": clinics, "form_key": "a"})
    there = f"/c/dublin/recalls/{recall_id}"
    assert "We looked here" not in client.get(at).text
    assert "We looked here" in client.get(there).text
    sign_in(client, "admin@example.net")
    theirs = f"/s/baltic/recalls/{recall_id}"
    assert "Looked in 1 of 2 clinics" in client.get(theirs).text
    sign_in(client, "manager@example.org")
    client.post(f"{there}/looked", data={"form_key": "b"})
    assert "We looked here" not in client.get(there).text
    sign_in(client, "admin@example.net")
    assert "Looked in 2 of 2 clinics" in client.get(theirs).text


def test_who_nobody_could_be_told_of_is_to_be_called_at_once(
    world: World, client: FlaskClient
) -> None:
    """A practice whose owner and stock manager are gone: only the supplier can do something."""
    stock(world, AMPOULE, "20", lot="TX-1")
    with transaction():
        gone = sa.update(Person).where(Person.id.in_([world.owner.id, world.manager.id]))
        db.session.execute(gone.values(disabled_at=NOW))
    recall_id = declared(world)
    row = db.session.scalars(sa.select(RecallPractice)).one()
    assert (row.reached_at, row.told_at) == (NOW, None)
    assert db.session.scalars(sa.select(Hold.lot_id)).all(), "it is held all the same"
    sign_in(client, "admin@example.net")
    page = client.get(f"/s/baltic/recalls/{recall_id}").text
    assert "Nobody could be told by mail: call them." in page
    for _twice in range(2):
        work.run(NOW)
    told = db.session.scalars(sa.select(Mail)).one()
    assert (told.to_address, told.subject) == (
        "admin@example.net",
        "1 practice could not be told: Class I recall: Tranexamic acid 100 mg/ml, ampoule,"
        " lot TX-1",
    )
    assert "Nobody at 1 practice could be told by mail. Call it." in told.text
    assert "Derma Riga: Nobody could be told by mail: call them." in told.text
    assert "or more" not in told.text
    work.run(NOW + DAY)
    again = db.session.scalars(sa.select(Mail.subject).order_by(Mail.id.desc())).first()
    assert again == told.subject, "as long as it is silent"


def test_a_supplier_is_told_of_silence_once_a_day_and_only_of_news() -> None:
    every = 3 * DAY
    late = [NOW]
    assert not is_due(NOW, late, every, NOW + dt.timedelta(hours=2), "Europe/Riga"), "the same day"
    assert not is_due(NOW, late, every, NOW + 2 * DAY, "Europe/Riga"), "nothing new"
    assert is_due(NOW, late, every, NOW + every, "Europe/Riga")
    more = [*late, NOW + dt.timedelta(hours=1)]
    assert is_due(NOW, more, every, NOW + DAY, "Europe/Riga"), "one more is late"
