"""Open items follow documents; payments, credits and cards settle them, and are taken back."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DatabaseError, IntegrityError

from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.inventory.verification import verify
from supply.open_items.models import BankPayment, OpenItem, Settlement
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import PayBy
from supply.refusals import InvalidInput
from supply.settling import answering, crediting
from supply.settling.refusals import BuiltUpon, NothingToSetOff, PaymentMoved
from supply.shipping import shipping
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import NOW, TODAY, World, mails, placed
from tests.settling.books import (
    FIRST,
    SECOND,
    account,
    announced,
    claim,
    confirmed,
    invoiced,
    item_id,
    items,
    new,
    recorded,
    settled,
    state,
    taken_back,
)
from tests.shipping.parcels import GOOD_DAY, sent


def test_a_document_is_an_item_and_a_note_settles_its_invoice(world: World) -> None:
    order_id, _shipment_id = invoiced(world, 4)
    assert items() == {FIRST: ("invoice", 10020, 0)}
    settled(world, claim(world, order_id, 1))
    assert items() == {FIRST: ("invoice", 10020, 2505), SECOND: ("credit_note", 2505, 2505)}


def test_a_payment_is_announced_and_confirmed(world: World) -> None:
    invoiced(world, 4)
    payment_id = announced(world, new(6000, first=6000))
    assert (items()[FIRST], state(payment_id)) == (("invoice", 10020, 0), "announced")
    letter = mails()[-1]
    assert (letter.to_address, letter.subject) == (
        "sam@example.org",
        "Skin & Co says it paid €60.00",
    )
    confirmed(world, payment_id)
    confirmed(world, payment_id)
    assert (items()[FIRST], state(payment_id)) == (("invoice", 10020, 6000), "confirmed")
    assert (mails()[-1].to_address, mails()[-1].subject) == (
        "mia@example.org",
        "Dermal GmbH confirms your payment of €60.00",
    )
    taken_back(world, payment_id)
    taken_back(world, payment_id)
    assert (items()[FIRST], state(payment_id)) == (("invoice", 10020, 0), "announced")
    rows = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id.desc()).limit(3))
    assert list(rows) == [
        "bank_payment.taken_back",
        "bank_payment.confirmed",
        "bank_payment.announced",
    ]


def test_what_is_announced_is_not_announced_twice(world: World) -> None:
    invoiced(world, 4)
    payment_id = announced(world, new(6000, first=6000))
    for minor, text in ((4021, "Only €40.20 of this invoice is open and not announced already."),):
        with pytest.raises(InvalidInput) as refused:
            announced(world, new(minor, first=minor))
        assert refused.value.errors == [(f"item_{item_id(FIRST)}", text)]
    with transaction():
        answering.withdraw(payment_id, actor=world.manager_acts, now=NOW)
    announced(world, new(10020))
    with pytest.raises(InvalidInput, match=r"Nothing of this invoice is open"):
        announced(world, new(1, first=1))
    with pytest.raises(PaymentMoved, match=r"Payment TRF 1 was taken back\."):
        confirmed(world, payment_id)


def test_one_payment_for_several_and_the_rest_is_credit(world: World) -> None:
    order_id, _shipment_id = invoiced(world, 2)
    invoiced(world, 1)
    payment_id = recorded(world, new(10000, "too much"))
    assert items() == {
        FIRST: ("invoice", 5010, 5010),
        SECOND: ("invoice", 2505, 2505),
        "too much": ("overpaid", 2485, 0),
    }
    # A note on what is paid stays credit; a further invoice is settled by what was overpaid.
    settled(world, claim(world, order_id, 1))
    assert items()["DERMAL-2026-00003"] == ("credit_note", 2505, 0)
    invoiced(world, 1)
    credit = db.session.scalars(sa.select(OpenItem.id).where(OpenItem.kind == "overpaid")).one()
    with transaction():
        mark, used = crediting.set_off(
            account(world), credit, on=TODAY, actor=world.seller_acts, now=NOW
        )
    assert used.minor == 2485
    assert items()["DERMAL-2026-00004"] == ("invoice", 2505, 2485)
    with pytest.raises(BuiltUpon, match="credit that this payment left is used"):
        taken_back(world, payment_id)
    for _twice in range(2):
        with transaction():
            crediting.undo_set_off(account(world), mark, on=TODAY, actor=world.seller_acts, now=NOW)
    assert items()["too much"] == ("overpaid", 2485, 0)
    taken_back(world, payment_id)
    found = items()
    assert (found[FIRST], found["too much"]) == (("invoice", 5010, 0), ("overpaid", 0, 0))
    assert state(payment_id) == "withdrawn"
    with pytest.raises(NothingToSetOff), transaction():
        crediting.set_off(account(world), credit, on=TODAY, actor=world.seller_acts, now=NOW)


def test_a_credit_that_came_in_between_makes_a_payment_overpaid(world: World) -> None:
    order_id, _shipment_id = invoiced(world, 2)
    payment_id = announced(world, new(5010, first=5010))
    settled(world, claim(world, order_id, 1))  # the claim blocks nothing announced before
    confirmed(world, payment_id)
    assert items() == {
        FIRST: ("invoice", 5010, 5010),
        SECOND: ("credit_note", 2505, 2505),
        "TRF 1": ("overpaid", 2505, 0),
    }
    taken_back(world, payment_id)
    confirmed(world, payment_id)
    assert items()["TRF 1"] == ("overpaid", 2505, 0)


def test_a_payment_that_did_not_come(world: World) -> None:
    invoiced(world, 2)
    payment_id = announced(world, new(5010, first=5010))
    with pytest.raises(InvalidInput), transaction():
        answering.deny(payment_id, " ", actor=world.seller_acts, now=NOW)
    with transaction():
        answering.deny(payment_id, "Nothing by today", actor=world.seller_acts, now=NOW)
    assert mails()[-1].subject == "Dermal GmbH has not found your payment of €50.10"
    assert "Nothing by today" in mails()[-1].text
    with pytest.raises(PaymentMoved):
        confirmed(world, payment_id)
    with pytest.raises(PaymentMoved), transaction():
        answering.withdraw(payment_id, actor=world.manager_acts, now=NOW)
    other = announced(world, new(5010, "again", first=5010))
    with pytest.raises(BuiltUpon, match="paid otherwise since"):
        taken_back(world, payment_id)
    with transaction():
        answering.withdraw(other, actor=world.manager_acts, now=NOW)
    taken_back(world, payment_id)
    assert state(payment_id) == "announced"


def test_what_an_order_by_card_asks_for_is_settled_by_it(world: World) -> None:
    order_id = placed(world, (world.biotin, 3))
    with transaction():
        db.session.get_one(PurchaseOrder, order_id).pay_by = PayBy.CARD
    shipment_id = sent(world, order_id, ShipLine("A1", GOOD_DAY, 3, sku="BIO-5"))
    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=NOW)
    assert items() == {FIRST: ("invoice", 7515, 7515), SECOND: ("credit_note", 7515, 7515)}
    ways = db.session.execute(sa.select(Settlement.way, Settlement.minor)).all()
    assert [tuple(row) for row in ways] == [("card", 7515), ("card", 7515)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("minor", "reference", "days", "field"),
    [
        (0, "x", 0, "minor"),
        (-5, "x", 0, "minor"),
        (10**13, "x", 0, "minor"),
        (100, " ", 0, "reference"),
        (100, "x" * 141, 0, "reference"),
        (100, "x", 1, "paid_on"),
        (100, "x", -2000, "paid_on"),
    ],
)
def test_nonsense_is_refused(
    app: Flask, world: World, minor: int, reference: str, days: int, field: str
) -> None:
    invoiced(world, 1)
    with pytest.raises(InvalidInput) as refused:
        announced(world, new(minor, reference, TODAY + dt.timedelta(days=days)))
    assert [name for name, _text in refused.value.errors] == [field]
    with pytest.raises(InvalidInput, match="more than what was paid"):
        announced(world, new(99, first=100))
    assert db.session.scalar(sa.select(sa.func.count(BankPayment.id))) == 0


def test_the_database_keeps_the_rules(world: World) -> None:
    invoiced(world, 1)
    recorded(world, new(1000))
    for statement in (
        "UPDATE open_item SET settled_minor = 2506",
        "UPDATE open_item SET settled_minor = -1",
        "UPDATE open_item SET payment_id = 1",
        "UPDATE bank_payment SET total_minor = 0",
    ):
        with pytest.raises(IntegrityError):
            db.session.execute(sa.text(statement))
        db.session.rollback()
    for statement in ("UPDATE settlement SET minor = 5", "DELETE FROM settlement"):
        with pytest.raises(DatabaseError, match="append-only"):
            db.session.execute(sa.text(statement))
        db.session.rollback()
    with transaction():
        db.session.execute(sa.text("UPDATE open_item SET settled_minor = 7"))
    [said] = verify()
    assert said.endswith("the settlements say 1000 is settled, the item 7")
