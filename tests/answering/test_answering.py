"""Orders answered line by line: what the supplier says, what the clinic hears, what is owed."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from supply.accounts.models import Practice
from supply.actor import SYSTEM
from supply.answering import answering, progress, substituting, taking_back
from supply.answering.answers import LineAnswer, Replacement
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.ordering.models import OrderLine, SubstituteOffer
from supply.ordering.outstanding import outstanding
from supply.ordering.refusals import ChangedSince, LicenceNeeded, OfferAnswered, WrongStage
from supply.ordering.terms import OfferStatus, Side
from supply.refusals import InvalidInput
from supply.shipping import shipping
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import (
    LATER,
    TODAY,
    World,
    counters,
    draft,
    events,
    mails,
    make_product,
    order_of,
    placed,
)

DAY = dt.date(2026, 12, 24)
FAR = TODAY + dt.timedelta(days=400)


def answered(world: World, order_id: int, **said: LineAnswer) -> None:
    """Have the supplier answer an order: its lines by position, ``line1`` the first."""
    lines = order_of(order_id).lines
    by_id = {lines[int(name.removeprefix("line")) - 1].id: one for name, one in said.items()}
    with transaction():
        answering.acknowledge(order_id, by_id, actor=world.seller_acts, now=LATER)


def clinic_mails() -> list[tuple[str, str]]:
    """Return (subject, text) of what the stock manager got."""
    return [(one.subject, one.text) for one in mails() if one.to_address == "mia@example.org"]


@dataclass
class Offered:
    """An order of four packs, all of which are offered as three packs of something else."""

    order_id: int
    line_id: int
    offer_id: int


@pytest.fixture
def strong(world: World) -> Product:
    """A product that may be offered instead of biotin, at more than its price."""
    with transaction():
        return make_product(world.supplier, "BIO-10", "Biotin 10 ml", minor=9900)


def offer(world: World, *, until: dt.date | None = None) -> Offered:
    order_id = placed(world, (world.biotin, 4))
    answered(world, order_id, line1=LineAnswer(until=until, substitute=Replacement(" bio -10", 3)))
    (line,) = order_of(order_id).lines
    assert line.offer is not None
    return Offered(order_id, line.id, line.offer.id)


def reply(world: World, offered: Offered, *, accept: bool) -> None:
    with transaction():
        substituting.answer_substitute(
            offered.order_id, offered.offer_id, accept=accept, actor=world.manager_acts, now=LATER
        )


def test_every_line_is_answered_and_the_clinic_reads_it_in_one_mail(
    world: World, strong: Product
) -> None:
    with transaction():
        wax = make_product(world.supplier, "WAX", "Wax")
    order_id = placed(world, (world.biotin, 4), (world.gloves, 5), (wax, 2))
    answered(
        world,
        order_id,
        line1=LineAnswer(1, substitute=Replacement("BIO-10", 3)),
        line2=LineAnswer(3, until=DAY),
        line3=LineAnswer(decline="Recipe changed"),
    )

    order = order_of(order_id)
    assert order.status == "acknowledged"
    assert [
        (one.confirmed, one.cancelled, one.unsupplied, one.offered, one.promised_on)
        for one in order.lines
    ] == [(1, 0, 0, 3, None), (3, 0, 0, 0, DAY), (0, 2, 2, 0, None)]
    assert order.owed.minor == 4 * 2505 + 5 * 799
    subject, text = clinic_mails()[-1]
    assert len(clinic_mails()) == 1
    assert subject == f"Dermal GmbH answered order {order.number}: 3 products differ"
    assert (
        "4 packs  Biotin 5 ml (BIO-5)\n"
        "  1 pack confirmed. Offered instead: 3 packs of Biotin 10 ml at €25.05 each. They are not"
        " sent until you accept them.\n"
        "5 packs  Gloves M (GLO-M)\n"
        "  3 packs confirmed. 2 packs follow on 24 Dec 2026.\n"
        "2 packs  Wax (WAX)\n"
        "  2 packs declined: Recipe changed\n"
    ) in text


def test_what_is_declined_is_not_on_order_any_more(world: World) -> None:
    order_id = placed(world, (world.biotin, 4), (world.gloves, 2))
    answered(world, order_id, line1=LineAnswer(1, decline="Gone"), line2=LineAnswer(0, until=DAY))

    order = order_of(order_id)
    biotin, gloves = (line.item_id for line in order.lines)
    coming = outstanding(world.clinic.id)
    assert (coming[biotin].on_order, coming[biotin].expected_on) == (Decimal(50), order.expected_on)
    assert (coming[gloves].on_order, coming[gloves].expected_on) == (Decimal(200), DAY)


def test_an_order_of_which_nothing_comes_is_declined_and_can_be_taken_back(world: World) -> None:
    order_id = placed(world, (world.biotin, 4), (world.gloves, 2))
    gone = LineAnswer(decline="Gone")
    answered(world, order_id, line1=gone, line2=gone)

    assert order_of(order_id).status == "declined"
    assert events(order_id)[-1] == ("declined", "Gone")
    assert [subject for subject, _text in clinic_mails()] == [
        f"Dermal GmbH declined order {order_of(order_id).number}"
    ]
    with transaction():
        taking_back.take_back_declining(order_id, actor=world.seller_acts, now=LATER)
    assert order_of(order_id).status == "placed"
    assert [(one.cancelled, one.unsupplied) for one in order_of(order_id).lines] == [(0, 0), (0, 0)]


def test_the_day_it_ships_moves_the_day_it_is_expected(world: World) -> None:
    soon, late = placed(world, (world.biotin, 1)), placed(world, (world.biotin, 1))
    expected = order_of(soon).expected_on
    with transaction():
        for order_id, day in ((soon, TODAY), (late, DAY)):
            answering.acknowledge(order_id, ship_on=day, actor=world.seller_acts, now=LATER)

    assert (order_of(soon).ship_on, order_of(soon).expected_on) == (TODAY, expected)
    assert (order_of(late).ship_on, order_of(late).expected_on) == (DAY, DAY)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_faults_are_named_by_line_and_change_nothing(world: World, strong: Product) -> None:
    with transaction():
        make_product(world.supplier, "FREE", "No price", minor=None)
        make_product(world.supplier, "RX", "Strong", prescription_only=True)
        db.session.get_one(Practice, world.practice.id).licence_number = None
    order_id = placed(world, (world.biotin, 4), (world.gloves, 2))
    first, second = (line.id for line in order_of(order_id).lines)
    for said, sentences in (
        ({first: LineAnswer(5)}, ["Biotin 5 ml: confirm from 0 to 4 packs."]),
        (
            {first: LineAnswer(decline=" "), second: LineAnswer(until=TODAY - dt.timedelta(1))},
            [
                "Biotin 5 ml: say why it is declined: the clinic reads it.",
                "Gloves M: give a day for the rest that is not past.",
            ],
        ),
        (
            {first: LineAnswer(substitute=Replacement("CAF-2", 1))},
            ["Biotin 5 ml: You do not sell a product with the SKU “CAF-2”."],
        ),
        (
            {first: LineAnswer(substitute=Replacement("GLO-M", 1))},
            ["Biotin 5 ml: Gloves M is on this order already."],
        ),
        (
            {first: LineAnswer(substitute=Replacement("FREE", 1))},
            ["Biotin 5 ml: No price has no price in EUR."],
        ),
        (
            {first: LineAnswer(substitute=Replacement("RX", 1))},
            ["Biotin 5 ml: Strong is prescription only, and this clinic may not buy it."],
        ),
        (
            {one: LineAnswer(substitute=Replacement("BIO-10", 1)) for one in (first, second)},
            ["Gloves M: this product is offered for another line."],
        ),
        ({0: LineAnswer()}, ["This line is not on the order."]),
    ):
        with pytest.raises(InvalidInput) as refused, transaction():
            answering.acknowledge(order_id, said, actor=world.seller_acts, now=LATER)
        assert [text for _field, text in refused.value.errors] == sentences
    with pytest.raises(InvalidInput) as refused, transaction():
        answering.acknowledge(
            order_id, ship_on=TODAY - dt.timedelta(1), actor=world.seller_acts, now=LATER
        )
    assert [field for field, _text in refused.value.errors] == ["ship_on"]
    assert order_of(order_id).stage == "placed"
    assert db.session.scalars(sa.select(SubstituteOffer)).all() == []


def test_a_substitute_accepted_is_a_line_that_costs_no_more(world: World, strong: Product) -> None:
    offered = offer(world)
    order = order_of(offered.order_id)
    assert (order.owed.minor, order.lines[0].to_ship) == (4 * 2505, 0)
    first = ShipLine("A", FAR, 1, sku="BIO-5")
    with pytest.raises(InvalidInput), transaction():
        shipping.ship(offered.order_id, [first], actor=world.seller_acts, now=LATER)
    reply(world, offered, accept=True)

    ordered, instead = order_of(offered.order_id).lines
    assert (ordered.cancelled, ordered.unsupplied, ordered.offered) == (4, 4, 0)
    assert (instead.sku, instead.packs, instead.confirmed, instead.instead_of_id) == (
        "BIO-10",
        3,
        3,
        offered.line_id,
    )
    assert instead.pack_minor == 3340
    assert order_of(offered.order_id).owed.minor == 3 * 3340 == 4 * 2505
    assert (mails()[-1].to_address, mails()[-1].subject) == (
        "sam@example.org",
        f"Mitte accepts Biotin 10 ml on order {order_of(offered.order_id).number}",
    )
    assert "Mitte takes 3 packs of Biotin 10 ml instead of Biotin 5 ml" in mails()[-1].text
    with transaction():
        line = ShipLine("A", FAR, 3, sku="BIO-10")
        shipping.ship(offered.order_id, [line], actor=world.seller_acts, now=LATER)
    assert order_of(offered.order_id).status == "shipped"


def test_a_substitute_refused_leaves_what_was_promised_for_that(
    world: World, strong: Product
) -> None:
    later, never = offer(world, until=DAY), offer(world)
    reply(world, later, accept=False)
    reply(world, never, accept=False)

    (kept,) = order_of(later.order_id).lines
    assert (kept.cancelled, kept.offered, kept.to_ship, kept.promised_on) == (0, 0, 4, DAY)
    assert order_of(later.order_id).status == "acknowledged"
    (gone,) = order_of(never.order_id).lines
    assert (gone.cancelled, gone.unsupplied, gone.offered) == (4, 4, 0)
    assert order_of(never.order_id).status == "cancelled"
    assert order_of(never.order_id).owed.minor == 0


@pytest.mark.parametrize("then", ["accepted", "refused", "withdrawn"])
def test_a_substitute_is_answered_once(world: World, strong: Product, then: str) -> None:
    offered = offer(world, until=DAY)
    if then == "withdrawn":
        with transaction():
            progress.cancel_rest(offered.order_id, actor=world.manager_acts, now=LATER)
    else:
        reply(world, offered, accept=then == "accepted")
    before = counters(offered.order_id)

    for accept in (True, False):
        with pytest.raises(OfferAnswered):
            reply(world, offered, accept=accept)
    assert counters(offered.order_id) == before
    assert db.session.get_one(SubstituteOffer, offered.offer_id).status == then


def test_cancelling_takes_what_is_offered_with_it(world: World, strong: Product) -> None:
    offered = offer(world)
    with transaction():
        progress.cancel_rest(offered.order_id, actor=world.manager_acts, now=LATER)

    (line,) = order_of(offered.order_id).lines
    assert (line.cancelled, line.unsupplied, line.offered) == (4, 0, 0)
    with transaction():
        taking_back.take_back_cancelling(
            offered.order_id, side=Side.CLINIC, actor=world.manager_acts, now=LATER
        )
    (line,) = order_of(offered.order_id).lines
    assert (line.to_ship, line.offer) == (4, None)


def test_a_licence_that_ended_meanwhile_is_asked_for(world: World, strong: Product) -> None:
    with transaction():
        db.session.get_one(Product, strong.id).prescription_only = True
    offered = offer(world)
    with transaction():
        practice = db.session.get_one(Practice, world.practice.id)
        practice.licence_valid_to = TODAY - dt.timedelta(days=1)

    with pytest.raises(LicenceNeeded):
        reply(world, offered, accept=True)
    assert order_of(offered.order_id).lines[0].offered == 4
    reply(world, offered, accept=False)


@pytest.mark.parametrize("stage", ["draft", "acknowledged", "declined", "cancelled"])
def test_only_a_placed_order_is_answered(world: World, stage: str) -> None:
    order_id = (draft if stage == "draft" else placed)(world, (world.biotin, 1))
    with transaction():
        if stage == "acknowledged":
            answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)
        elif stage == "declined":
            answering.decline(order_id, reason="No", actor=world.seller_acts, now=LATER)
        elif stage == "cancelled":
            progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)
    before = events(order_id)

    with pytest.raises(WrongStage), transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=LATER)
    with pytest.raises(WrongStage), transaction():
        answering.decline(order_id, reason="No", actor=world.seller_acts, now=LATER)
    assert (order_of(order_id).stage, events(order_id)) == (stage, before)


def test_the_database_holds_what_is_offered(world: World, strong: Product) -> None:
    offered = offer(world)
    row = db.session.get_one(SubstituteOffer, offered.offer_id)
    twin = {
        column.name: getattr(row, column.name)
        for column in SubstituteOffer.__table__.columns
        if column.name != "id"
    }
    for statement in (
        sa.update(OrderLine).values(offered=5),
        sa.update(OrderLine).values(offered=-1),
        sa.update(OrderLine).values(cancelled=1),
        sa.update(OrderLine).values(unsupplied=1),
        sa.update(SubstituteOffer).values(status=OfferStatus.REFUSED),
        sa.update(SubstituteOffer).values(packs=0),
        sa.insert(SubstituteOffer).values(twin),
    ):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(statement)
    with transaction():
        progress.comment(offered.order_id, text="All as it was", actor=SYSTEM, now=LATER)


def test_an_answer_to_an_order_that_changed_meanwhile_is_refused(world: World) -> None:
    order_id = placed(world, (world.biotin, 4))
    (line,) = order_of(order_id).lines
    for seen in ({line.id: 3}, {}, {line.id: 4, 99: 1}):
        with pytest.raises(ChangedSince), transaction():
            answering.acknowledge(order_id, seen=seen, actor=world.seller_acts, now=LATER)
    assert order_of(order_id).stage == "placed"
    with transaction():
        answering.acknowledge(order_id, seen={line.id: 4}, actor=world.seller_acts, now=LATER)
    assert order_of(order_id).stage == "acknowledged"
