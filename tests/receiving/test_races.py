"""Two people do the same thing at once."""

from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.answering import answering, progress, substituting
from supply.answering.answers import LineAnswer, Replacement
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.claims.models import Claim
from supply.claims.refusals import ClaimEnded
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.inventory.models import Entry, Hold
from supply.inventory.verification import verify
from supply.ordering.models import PurchaseOrder, SubstituteOffer
from supply.receiving import receiving
from supply.receiving.models import Receipt
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import Refusal
from supply.shipping import shipping
from supply.shipping.models import Shipment
from supply.shipping.ship_lines import ShipLine
from supply.shipping.terms import Condition
from tests.ordering.world import (
    LATER,
    World,
    counters,
    draft,
    mails,
    make_product,
    on_shelves,
    order_of,
    placed,
)
from tests.shipping.parcels import GOOD_DAY, count, five_on_their_way
from tests.support.racing import PEOPLE, all_at_once, at_once

pytestmark = pytest.mark.race


def test_one_parcel_received_by_all_is_stock_once(app: Flask, world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    actor = world.manager_acts
    answers = at_once(
        app, lambda: receiving.receive_shipment(shipment_id, None, actor=actor, now=LATER)
    )

    assert answers == [answers[0]] * PEOPLE
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert (count(Receipt), count(Entry)) == (1, 1)
    assert verify() == []


def test_of_two_who_say_different_things_of_one_parcel_one_is_told(
    app: Flask, world: World
) -> None:
    order_id, shipment_id = five_on_their_way(world)
    mia, olga = world.manager_acts, world.owner_acts
    damaged = [
        ReceiveLine("BIO-5", "A-1", 2),
        ReceiveLine("BIO-5", "B2", 3, Condition.DAMAGED, "Crushed"),
    ]
    answers = all_at_once(
        app,
        [
            lambda: receiving.receive_shipment(shipment_id, None, actor=mia, now=LATER),
            lambda: receiving.receive_shipment(shipment_id, damaged, actor=olga, now=LATER),
        ],
    )

    assert [type(one).__name__ for one in answers if isinstance(one, Refusal)] == [
        "AlreadyReceived"
    ]
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert count(Receipt) == 1
    assert verify() == []


def test_a_claim_is_settled_once(app: Flask, world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(shipment_id, None, actor=world.manager_acts, now=LATER)
    with transaction():
        new = NewClaim("BIO-5", 2, ClaimKind.DAMAGED, ClaimWish.CREDIT, lot="B2")
        claim_id = claiming.raise_claim(order_id, new, actor=world.manager_acts, now=LATER).id
    letters, actor = len(mails()), world.seller_acts

    def answer(outcome: ClaimOutcome) -> object:
        return claiming.settle_claim(claim_id, outcome, actor=actor, now=LATER).outcome

    outcomes = (ClaimOutcome.RESEND, ClaimOutcome.CREDIT, ClaimOutcome.REFUSED)
    answers = all_at_once(app, [partial(answer, outcome) for outcome in outcomes])

    assert [type(one) for one in answers].count(ClaimEnded) == 2
    line = order_of(order_id).lines[0]
    won = next(one for one in answers if not isinstance(one, Refusal))
    assert (line.resend, line.credited) == {
        "resend": (2, 0),
        "credit": (0, 2),
        "refused": (0, 0),
    }[str(won)]
    assert len(mails()) == letters + 2


def test_the_same_packs_are_claimed_once(app: Flask, world: World) -> None:
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(shipment_id, None, actor=world.manager_acts, now=LATER)
    actor = world.manager_acts
    new = NewClaim("BIO-5", 3, ClaimKind.DAMAGED, ClaimWish.CREDIT, lot="B2")
    answers = at_once(
        app, lambda: claiming.raise_claim(order_id, new, actor=actor, now=LATER).packs, 2
    )

    assert sorted(type(one).__name__ for one in answers) == ["InvalidInput", "int"]
    assert (count(Claim), count(Hold)) == (1, 1)


def test_the_same_packs_leave_once(app: Flask, world: World) -> None:
    order_id = placed(world, (world.biotin, 5))
    actor = world.seller_acts
    line = ShipLine("A", GOOD_DAY, 3, sku="BIO-5")
    answers = at_once(app, lambda: shipping.ship(order_id, [line], actor=actor, now=LATER).code)

    assert len([answer for answer in answers if isinstance(answer, Refusal)]) == PEOPLE - 1
    assert counters(order_id) == {"BIO-5": (5, 3, 0, 0)}
    assert count(Shipment) == 1


def test_an_order_is_placed_and_mailed_once(app: Flask, world: World) -> None:
    order_id = draft(world, (world.biotin, 5))
    actor = world.manager_acts
    answers = at_once(app, lambda: placing.place(order_id, actor=actor, now=LATER).number)

    assert len([answer for answer in answers if isinstance(answer, Refusal)]) == PEOPLE - 1
    assert len(mails()) == 1


def test_everybody_fills_the_same_basket(app: Flask, world: World) -> None:
    actor, clinic_id = world.manager_acts, world.clinic.id
    line = BasketLine(world.biotin.id, 2)

    def fill() -> int:
        from supply.accounts.models import Clinic

        clinic = db.session.get_one(Clinic, clinic_id)
        (order,) = drafts.add_to_basket(clinic, [line], actor=actor, now=LATER)
        return order.id

    answers = at_once(app, fill)
    assert len(set(answers)) == 1
    assert count(PurchaseOrder) == 1
    (order_id,) = {answer for answer in answers if isinstance(answer, int)}
    assert counters(order_id) == {"BIO-5": (2 * PEOPLE, 0, 0, 0)}


def test_a_substitute_is_accepted_refused_or_cancelled_but_once(app: Flask, world: World) -> None:
    with transaction():
        make_product(world.supplier, "BIO-10", "Biotin 10 ml")
    order_id = placed(world, (world.biotin, 4))
    said = {order_of(order_id).lines[0].id: LineAnswer(substitute=Replacement("BIO-10", 4))}
    with transaction():
        answering.acknowledge(order_id, said, actor=world.seller_acts, now=LATER)
    offer_id = db.session.scalars(sa.select(SubstituteOffer.id)).one()
    actor = world.manager_acts
    answer = partial(substituting.answer_substitute, order_id, offer_id, actor=actor, now=LATER)
    results = all_at_once(
        app,
        [
            partial(answer, accept=True),
            partial(answer, accept=True),
            partial(answer, accept=False),
            partial(progress.cancel_rest, order_id, actor=actor, now=LATER),
        ],
    )

    packs = counters(order_id)
    assert packs["BIO-5"] == (4, 0, 0, 4)
    taken = packs.get("BIO-10", (0, 0, 0, 0))
    done = sum(not isinstance(one, Refusal) for one in results)
    assert (taken, done) in (((0, 0, 0, 0), 1), ((4, 0, 0, 4), 2), ((4, 0, 0, 0), 1))
    assert verify() == []
