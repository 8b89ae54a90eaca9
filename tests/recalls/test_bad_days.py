"""What a bad day brings: transfers on their way, a wider recall, items that measure otherwise."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.db import db, transaction
from supply.handling.actions import waste
from supply.inventory.models import Balance, Entry
from supply.inventory.terms import WasteCause
from supply.inventory.verification import verify
from supply.recalls import queries
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge
from supply.recalls.figures import Row
from supply.recalls.models import Recall, RecallTold
from supply.recalls.terms import Outcome, Telling
from supply.transfers import sending
from supply.transfers.lines import Line
from tests.factories import AMPOULE, NEEDLE, NOW, World, item, stock
from tests.support.people import sign_in
from tests.support.recalling import NOTICE, declared

D = Decimal


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_what_is_between_clinics_is_not_nothing(world: World, client: FlaskClient) -> None:
    lot = stock(world, AMPOULE, "20", lot="TX-1")
    with transaction():
        sending.send(
            world.clinic, world.sister, [Line(lot.id, D(20))], actor=world.actor(), now=NOW
        )
    recall_id = declared(world)
    with transaction():
        acknowledge(recall_id, world.practice.id, actor=world.actor(), now=NOW)
    sign_in(client, "manager@example.org")
    for clinic, said in (
        ("dublin", "4 ampoules. Receive it, then account for it."),
        ("riga", "4 ampoules. It is accounted for where it arrives."),
    ):
        page = client.get(f"/c/{clinic}/recalls/{recall_id}").text
        assert ("Nothing is left to do here." in page, said in page) == (False, True)


def test_what_a_narrower_recall_took_away_ends_the_wider_one_too(world: World) -> None:
    lot = stock(world, AMPOULE, "20", lot="TX-1")
    ids = [declared(world), declared(world, replace(NOTICE, lots=["TX-1", "TX-5"]))]
    for recall_id in ids:
        with transaction():
            acknowledge(recall_id, world.practice.id, actor=world.actor(), now=NOW)
    with transaction():
        said = Accounted(lot.id, D(20), Outcome.RETURNED)
        account(world.clinic, ids[0], said, actor=world.actor(), now=NOW)
    assert [one.is_open for one in db.session.scalars(sa.select(Recall))] == [False, False]
    assert verify() == []


def test_a_clinic_reads_its_own_lots_first_as_their_labels_say_them(
    world: World, client: FlaskClient
) -> None:
    stock(world, AMPOULE, "5", lot="Tx-9")
    recall_id = declared(world, replace(NOTICE, lots=["TX-1", "TX-2", "TX-3", "TX-9"]))
    sign_in(client, "manager@example.org")
    page = client.get(f"/c/riga/recalls/{recall_id}").text
    assert "lots Tx-9, TX-1, TX-2 and 1 more</h1>" in page


def test_the_log_of_who_was_told_is_paged(world: World, client: FlaskClient) -> None:
    stock(world, AMPOULE, "5", lot="TX-1")
    recall_id = declared(world)
    first = db.session.scalars(sa.select(RecallTold)).all()
    with transaction():
        db.session.add_all(
            RecallTold(
                recall_practice_id=first[0].recall_practice_id, telling=Telling.REMINDER, at=NOW,
                person_id=world.owner.id, name=f"Person {number}", address="a@example.org",
            )
            for number in range(queries.TOLD)
        )  # fmt: skip
    sign_in(client, "admin@example.net")
    at = f"/s/baltic/recalls/{recall_id}"
    latest = client.get(at).text
    assert ("Person 29 " in latest, "Person 0 " in latest) == (True, True)
    (older,) = re.findall(r'href="([^"]*told=\d+#told)"', latest)
    page = client.get(older).text
    assert ("Person 0 " in page, page.count("by mail to")) == (False, len(first))


def test_a_recall_undoes_its_own_entries_alone(world: World, client: FlaskClient) -> None:
    lot = stock(world, AMPOULE, "20", lot="TX-1")
    recall_id = declared(world)
    place = db.session.scalars(sa.select(Balance.location_id)).one()
    with transaction():
        wasted = waste(
            world.clinic, (place, lot.id, None), D(5), cause=WasteCause.DAMAGED,
            actor=world.actor(), now=NOW,
        )  # fmt: skip
    sign_in(client, "manager@example.org")
    at = f"/c/riga/recalls/{recall_id}/account/undo"
    assert client.post(at, data={"entries": str(wasted), "form_key": "u"}).status_code == 404
    undone = sa.select(sa.func.count(Entry.id)).where(Entry.reverses_id.is_not(None))
    assert db.session.scalar(undone) == 0


def test_what_items_measure_otherwise_is_not_added_up(world: World) -> None:
    """A practice may stock one product as two items: one by the ml, another by the piece."""
    in_ml, pieces = item(world, AMPOULE), item(world, NEEDLE)
    rows = [
        Row(practice_id=1, clinic_id=1, item_id=one.id, lot_id=1, number="TX-1", on_hand=D(5))
        for one in (in_ml, pieces, in_ml)
    ]
    found = queries.summed(rows, {in_ml.id: "TXA", pieces.id: "TXA"})
    assert [row.on_hand for row in found.values()] == [D(10), D(5)]
