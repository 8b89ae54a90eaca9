"""What both sides say of a claim stays, is read by both, and is mailed without noise."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.claims import claiming, thread
from supply.claims.claiming import NewClaim
from supply.claims.models import ClaimComment
from supply.claims.rules import QUIET, NextMail, next_mail
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.ordering.terms import Side
from supply.receiving import receiving
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import InvalidInput
from tests.ordering.world import LATER, World, mails
from tests.shipping.parcels import five_on_their_way
from tests.support.people import sign_in

MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize(
    ("waited", "new"), [(None, True), (-5, True), (0, True), (1, False), (5, False)]
)
def test_one_mail_tells_of_what_is_said_while_it_waits(waited: int | None, new: bool) -> None:
    last = None if waited is None else LATER + waited * MINUTE
    expected = LATER + QUIET if new else last
    assert next_mail(last, LATER) == NextMail(expected or LATER, is_new=new)


def claimed(world: World) -> tuple[int, int]:
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(shipment_id, None, actor=world.manager_acts, now=LATER)
    with transaction():
        new = NewClaim("BIO-5", 2, ClaimKind.DAMAGED, ClaimWish.CREDIT, lot="B2")
        claim = claiming.raise_claim(order_id, new, actor=world.manager_acts, now=LATER)
        return order_id, claim.id


def test_a_thread(app: Flask, world: World) -> None:
    _order_id, claim_id = claimed(world)
    before = len(mails())
    said = (
        (Side.SUPPLIER, " Send a picture, please. ", 0),
        (Side.SUPPLIER, "Of both packs", 4),
        (Side.CLINIC, "Attached to the box", 4),
        (Side.SUPPLIER, "Thanks", 6),
    )
    for side, text, minutes in said:
        actor = world.manager_acts if side is Side.CLINIC else world.seller_acts
        with transaction():
            thread.comment_on_claim(claim_id, text, side, actor=actor, now=LATER + minutes * MINUTE)
    told = [(one.to_address, one.due_at - LATER, "picture" in one.text) for one in mails()[before:]]
    assert told == [
        ("olga@example.org", 5 * MINUTE, True),
        ("mia@example.org", 5 * MINUTE, True),
        ("sam@example.org", 9 * MINUTE, False),
        ("olga@example.org", 11 * MINUTE, False),
        ("mia@example.org", 11 * MINUTE, False),
    ]
    assert mails()[-1].subject.startswith("Dermal GmbH writes about a claim on order ")
    with pytest.raises(InvalidInput), transaction():
        thread.comment_on_claim(claim_id, " ", Side.CLINIC, actor=world.manager_acts, now=LATER)
    with transaction():  # an answer does not end what can be said
        claiming.settle_claim(claim_id, ClaimOutcome.REFUSED, actor=world.seller_acts, now=LATER)
    with transaction():
        buyer = world.manager_acts
        thread.comment_on_claim(claim_id, "Why?", Side.CLINIC, actor=buyer, now=LATER)
    texts = db.session.scalars(sa.select(ClaimComment.text).order_by(ClaimComment.id)).all()
    assert texts == ["Send a picture, please.", *(text for _side, text, _at in said[1:]), "Why?"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_both_sides_write_and_read_it(client: FlaskClient, world: World) -> None:
    order_id, claim_id = claimed(world)
    clinic, supplier = f"/c/mitte/claims/{claim_id}", f"/s/dermal/claims/{claim_id}"
    sign_in(client, "sam@example.org")
    for _twice in range(2):
        client.post(f"{supplier}/comments", data={"text": "Which lot is it?", "form_key": "k1"})
    sign_in(client, "mia@example.org")
    client.post(f"{clinic}/comments", data={"text": "Lot <B2>", "form_key": "k1"})
    for email, path in (
        ("vera@example.org", f"/c/mitte/orders/{order_id}"),
        ("sam@example.org", f"/s/dermal/orders/{order_id}"),
        ("sam@example.org", "/s/dermal/claims"),
    ):
        sign_in(client, email)
        page = client.get(path).text
        assert page.count("Which lot is it?") == 1
        assert "Lot &lt;B2&gt;" in page
    for email, path, status in (
        ("vera@example.org", clinic, 403),
        ("otto@example.org", clinic, 404),
        ("rita@example.org", f"/s/rival/claims/{claim_id}", 404),
    ):
        sign_in(client, email)
        assert client.post(f"{path}/comments", data={"text": "x"}).status_code == status
    assert db.session.scalar(sa.select(sa.func.count(ClaimComment.id))) == 2
