"""Claims: raised, answered, withdrawn, and what becomes of the goods."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.answering import progress
from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.claims.models import Claim
from supply.claims.refusals import ClaimEnded, ClaimSettled, NoGoodsWait, ShippedSince
from supply.claims.terms import ClaimOutcome, Goods
from supply.db import db, transaction
from supply.inventory.models import Hold, Lot
from supply.inventory.reversal import reverse
from supply.inventory.verification import verify
from supply.ordering import wording
from supply.ordering.documents import order_csv
from supply.ordering.models import OrderEvent
from supply.receiving import goods_in, receiving
from supply.receiving.goods_in import GoodsLine
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import InvalidInput
from supply.shipping.ship_lines import ShipLine
from supply.shipping.terms import Condition
from tests.ordering.world import (
    LATER,
    World,
    counters,
    events,
    mails,
    on_shelves,
    order_of,
    placed,
)
from tests.shipping.parcels import GOOD_DAY, contents, five_on_their_way, parcel, sent

THEN = LATER + dt.timedelta(hours=1)


def received(world: World, *lines: ReceiveLine) -> tuple[int, int]:
    """Return an order of five packs, and its shipment, received as sent or as ``lines`` say."""
    order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(shipment_id, lines or None, actor=world.manager_acts, now=LATER)
    return order_id, shipment_id


def claimed(world: World, order_id: int, new: NewClaim) -> int:
    """Raise a claim, committed; return its id."""
    with transaction():
        return claiming.raise_claim(order_id, new, actor=world.manager_acts, now=LATER).id


def settled(world: World, claim_id: int, outcome: ClaimOutcome, answer: str = "") -> None:
    """Answer a claim for the supplier, committed."""
    with transaction():
        claiming.settle_claim(claim_id, outcome, answer=answer, actor=world.seller_acts, now=THEN)


def claim_of(claim_id: int) -> Claim:
    """Return a claim as the database has it."""
    db.session.rollback()
    return db.session.get_one(Claim, claim_id)


def held() -> dict[str, Decimal | None]:
    """Return what is on hold, by lot."""
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Lot.number, Hold.quantity)
        .join(Lot, Lot.id == Hold.lot_id)
        .where(Hold.released_at.is_(None))
    )
    return {row.number: row.quantity for row in rows}


DAMAGED_B = NewClaim("BIO-5", 2, ClaimKind.DAMAGED, ClaimWish.RESEND, "Leaking", "B2")
MISSING_B = (
    ReceiveLine("BIO-5", "A-1", 2),
    ReceiveLine("BIO-5", "B2", 2),
    ReceiveLine("BIO-5", "B2", 1, Condition.MISSING),
)


def owed(order_id: int) -> tuple[str, str, str, str]:
    """Return what an order came to, was cancelled, credited, and is owed."""
    order = order_of(order_id)
    return (
        str(order.total.amount),
        str(order.cancelled_total.amount),
        str(order.credited_total.amount),
        str(order.owed.amount),
    )


def test_a_claim_after_receiving_holds_the_packs_and_tells_the_supplier(world: World) -> None:
    order_id, _ = received(world)
    claim = claim_of(claimed(world, order_id, DAMAGED_B))

    assert (claim.kind, claim.packs, claim.wish, claim.note, claim.status) == (
        "damaged",
        2,
        "resend",
        "Leaking",
        "open",
    )
    assert (claim.raised_by_id, claim.raised_at, claim.taken_in) == (world.manager.id, LATER, True)
    assert claim.hold is not None
    assert (claim.hold.quantity, claim.hold.reason) == (Decimal(100), "Leaking")
    assert events(order_id)[-1] == ("claimed", "Leaking")
    mail = mails()[-1]
    assert (mail.to_address, mail.subject) == (
        "sam@example.org",
        f"Mitte reports a problem with 1 line of order {order_of(order_id).number}",
    )
    assert "2 packs  Biotin 5 ml (BIO-5), lot B2: Damaged. Leaking Wanted: Send again" in mail.text
    assert order_of(order_id).status == "closed"


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewClaim("NONE-1", 1, ClaimKind.WRONG, ClaimWish.CREDIT), "sku"),
        (NewClaim("BIO-5", 0, ClaimKind.WRONG, ClaimWish.CREDIT), "packs"),
        (NewClaim("BIO-5", 6, ClaimKind.WRONG, ClaimWish.CREDIT), "packs"),
        (NewClaim("BIO-5", 1, ClaimKind.WRONG, ClaimWish.CREDIT, lot="C"), "lot"),
    ],
)
def test_what_was_not_received_cannot_be_claimed(world: World, new: NewClaim, field: str) -> None:
    order_id, _ = received(world)
    with pytest.raises(InvalidInput) as refused:
        claimed(world, order_id, new)
    assert [name for name, _ in refused.value.errors] == [field]


def test_packs_are_claimed_once_and_again_when_withdrawn(world: World) -> None:
    order_id, _ = received(world)
    four = NewClaim("BIO-5", 4, ClaimKind.WRONG, ClaimWish.CREDIT)
    first = claimed(world, order_id, four)
    with pytest.raises(InvalidInput, match="Only 1 pack was received and is not claimed yet"):
        claimed(world, order_id, NewClaim("BIO-5", 2, ClaimKind.WRONG, ClaimWish.CREDIT))
    with transaction():
        claiming.withdraw_claim(first, reason="Found", actor=world.manager_acts, now=THEN)

    assert claim_of(claimed(world, order_id, four)).status == "open"
    assert events(order_id)[-2:] == [("claim_withdrawn", "Found"), ("claimed", "")]
    assert [mail.subject for mail in mails()][-2].startswith("Mitte withdraws a claim on order")


def test_a_credit_is_taken_off_what_is_owed(world: World) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    settled(world, claim_id, ClaimOutcome.CREDIT, "Sorry")

    claim = claim_of(claim_id)
    assert (claim.status, claim.outcome, claim.answer, claim.settled_by_id, claim.settled_at) == (
        "settled",
        "credit",
        "Sorry",
        world.seller.id,
        THEN,
    )
    assert owed(order_id) == ("125.25", "0.00", "50.10", "75.15")
    assert (
        order_csv(order_of(order_id)).decode().splitlines()[1].endswith(",25.05,EUR,0,2,75.15,O,0")
    )
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert events(order_id)[-1] == ("claim_settled", "Sorry")
    letters = {mail.to_address: mail for mail in mails()[-2:]}
    assert sorted(letters) == ["mia@example.org", "olga@example.org"]
    number = order_of(order_id).number
    assert f"Dermal GmbH credits 2 packs of Biotin 5 ml, order {number}." in (
        letters["mia@example.org"].text
    )
    assert held() == {"B2": 100}


def test_packs_sent_again_are_shipped_once_more_at_no_charge(world: World) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    settled(world, claim_id, ClaimOutcome.RESEND)
    order = order_of(order_id)
    assert (order.status, order.ended_at) == ("partly_shipped", None)
    assert order.lines[0].to_ship == 2

    again = sent(world, order_id, ShipLine("C3", GOOD_DAY, 2, sku="BIO-5"))
    with transaction():
        receiving.receive_shipment(again, actor=world.manager_acts, now=THEN)
    assert order_of(order_id).status == "closed"
    assert counters(order_id) == {"BIO-5": (5, 7, 7, 0)}
    assert owed(order_id) == ("125.25", "0.00", "0.00", "125.25")
    assert verify() == []


def test_packs_not_sent_again_after_all_are_credited(world: World) -> None:
    order_id, _ = received(world)
    settled(world, claimed(world, order_id, DAMAGED_B), ClaimOutcome.RESEND)
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=THEN)

    assert order_of(order_id).status == "closed"
    assert owed(order_id) == ("125.25", "0.00", "50.10", "75.15")


def test_a_refusal_changes_no_counter(world: World) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    settled(world, claim_id, ClaimOutcome.REFUSED, "It left whole")

    assert claim_of(claim_id).status == "refused"
    assert owed(order_id) == ("125.25", "0.00", "0.00", "125.25")
    assert mails()[-1].subject.startswith("Dermal GmbH refuses a claim on order")


def test_a_claim_is_answered_once(world: World) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    settled(world, claim_id, ClaimOutcome.CREDIT)
    letters = len(mails())
    settled(world, claim_id, ClaimOutcome.CREDIT)
    with pytest.raises(ClaimEnded, match="Sam ended this claim otherwise, 22 Nov 2026, 12:00"):
        settled(world, claim_id, ClaimOutcome.REFUND)
    with pytest.raises(ClaimEnded), transaction():
        claiming.withdraw_claim(claim_id, actor=world.manager_acts, now=THEN)

    assert owed(order_id)[2] == "50.10"
    assert len(mails()) == letters


def test_missing_packs_are_credited_by_not_sending_them(world: World) -> None:
    order_id, _ = received(world, *MISSING_B)
    (claim_id,) = db.session.scalars(sa.select(Claim.id))
    settled(world, claim_id, ClaimOutcome.CREDIT)

    assert order_of(order_id).status == "closed"
    assert counters(order_id) == {"BIO-5": (5, 4, 4, 1)}
    assert owed(order_id) == ("125.25", "25.05", "0.00", "100.20")


def test_missing_packs_to_be_sent_again_are_to_ship_as_it_is(world: World) -> None:
    order_id, _ = received(world, *MISSING_B)
    (claim_id,) = db.session.scalars(sa.select(Claim.id))
    settled(world, claim_id, ClaimOutcome.RESEND)

    line = order_of(order_id).lines[0]
    assert (line.resend, line.to_ship) == (0, 1)


def test_packs_found_after_all_are_received_from_their_parcel(world: World) -> None:
    order_id, shipment_id = received(world, *MISSING_B)
    (claim_id,) = db.session.scalars(sa.select(Claim.id))
    with transaction():
        claiming.withdraw_claim(claim_id, actor=world.manager_acts, now=THEN)
    assert parcel(shipment_id).received_at is None
    with transaction():
        receiving.receive_shipment(shipment_id, actor=world.manager_acts, now=THEN)

    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 3, 0, 0)]
    assert counters(order_id) == {"BIO-5": (5, 5, 5, 0)}
    assert order_of(order_id).status == "closed"


def test_packs_sent_again_since_are_not_found(world: World) -> None:
    order_id, _ = received(world, *MISSING_B)
    (claim_id,) = db.session.scalars(sa.select(Claim.id))
    sent(world, order_id, ShipLine("C", GOOD_DAY, 1, sku="BIO-5"))
    with pytest.raises(ShippedSince), transaction():
        claiming.withdraw_claim(claim_id, actor=world.manager_acts, now=THEN)
    assert claim_of(claim_id).status == "open"


def test_packs_a_parcel_still_owes_are_missing_from_it(world: World) -> None:
    order_id, shipment_id = received(world, *MISSING_B[:2])
    claim = claim_of(
        claimed(world, order_id, NewClaim("BIO-5", 1, ClaimKind.MISSING, ClaimWish.REFUND))
    )

    assert (claim.taken_in, claim.wish, claim.note) == (False, "refund", "Not in the parcel.")
    assert contents(shipment_id) == [("a-1", 2, 2, 0, 0), ("B2", 3, 2, 0, 1)]
    assert counters(order_id) == {"BIO-5": (5, 4, 4, 0)}


@pytest.mark.parametrize(
    ("goods", "left"),
    [(Goods.RELEASED, 150), (Goods.RETURNED, 50), (Goods.WASTED, 50)],
)
def test_goods_on_hold_go_where_the_clinic_says(world: World, goods: Goods, left: int) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    with pytest.raises(NoGoodsWait), transaction():
        claiming.part_with_goods(claim_id, goods, actor=world.manager_acts, now=THEN)
    settled(world, claim_id, ClaimOutcome.CREDIT)
    with transaction():
        _, entry = claiming.part_with_goods(claim_id, goods, actor=world.manager_acts, now=THEN)
    with transaction():
        again = claiming.part_with_goods(claim_id, goods, actor=world.manager_acts, now=THEN)

    assert again[1] == entry
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": left}
    assert held() == {}
    assert claim_of(claim_id).goods == goods
    assert events(order_id)[-1][0] == "claim_goods"
    assert verify() == []


def test_an_undone_return_is_on_hold_again(world: World) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    settled(world, claim_id, ClaimOutcome.CREDIT)
    with transaction():
        _, entry = claiming.part_with_goods(
            claim_id, Goods.RETURNED, actor=world.manager_acts, now=THEN
        )
    assert entry is not None
    with transaction():
        reverse(entry, reason="", actor=world.manager_acts, now=THEN)

    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}
    assert held() == {"B2": 100}
    assert claim_of(claim_id).goods_wait
    told = db.session.scalars(sa.select(OrderEvent).order_by(OrderEvent.id.desc())).first()
    assert told is not None
    assert wording.title(told) == "Claimed goods: 2 packs of Biotin 5 ml, on hold again"


def test_a_receipt_with_a_settled_claim_stays(world: World) -> None:
    order_id, _ = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    receipt_line = claim_of(claim_id).receipt_line
    assert receipt_line is not None
    entry = db.session.execute(sa.text("SELECT entry_id FROM receipt")).scalar_one()
    settled(world, claim_id, ClaimOutcome.RESEND)
    with pytest.raises(ClaimSettled), transaction():
        reverse(entry, reason="", actor=world.manager_acts, now=THEN)
    assert on_shelves(world.clinic) == {"a-1": 100, "B2": 150}


def test_undoing_a_receipt_withdraws_its_open_claims(world: World) -> None:
    order_id, shipment_id = received(world)
    claim_id = claimed(world, order_id, DAMAGED_B)
    entry = db.session.execute(sa.text("SELECT entry_id FROM receipt")).scalar_one()
    with transaction():
        reverse(entry, reason="", actor=world.manager_acts, now=THEN)

    assert claim_of(claim_id).status == "withdrawn"
    assert held() == {}
    assert [kind for kind, _text in events(order_id)][-2:] == ["receipt_undone", "claim_withdrawn"]
    assert mails()[-1].subject.startswith("Mitte withdraws a claim on order ")
    assert contents(shipment_id) == [("a-1", 2, 0, 0, 0), ("B2", 3, 0, 0, 0)]


def by_mail(world: World) -> int:
    """Return an order to a supplier by mail, of which 3 of 5 packs came."""
    order_id = placed(world, (world.caffeine, 5))
    with transaction():
        goods_in.receive_goods(
            world.clinic,
            [GoodsLine("CAF-2", "C1", GOOD_DAY, packs=3)],
            order=order_of(order_id),
            actor=world.manager_acts,
            now=LATER,
        )
    return order_id


@pytest.mark.parametrize(
    ("kind", "packs", "end"),
    [
        (ClaimKind.WRONG, 2, ("225.00", "0.00", "90.00", "135.00")),
        (ClaimKind.MISSING, 2, ("225.00", "90.00", "0.00", "135.00")),
    ],
)
def test_claims_on_orders_by_mail(
    world: World, kind: ClaimKind, packs: int, end: tuple[str, ...]
) -> None:
    order_id = by_mail(world)
    claim_id = claimed(world, order_id, NewClaim("CAF-2", packs, kind, ClaimWish.CREDIT))
    assert mails()[-1].to_address == "orders@post.example.org"
    settled(world, claim_id, ClaimOutcome.CREDIT, "On the phone")
    assert owed(order_id) == end


def test_packs_that_never_came_by_mail_are_claimed_off_the_order(world: World) -> None:
    order_id = by_mail(world)
    claimed(world, order_id, NewClaim("CAF-2", 3, ClaimKind.WRONG, ClaimWish.CREDIT))
    claim_id = claimed(world, order_id, NewClaim("CAF-2", 2, ClaimKind.MISSING, ClaimWish.REFUND))
    with pytest.raises(InvalidInput):
        claimed(world, order_id, NewClaim("CAF-2", 1, ClaimKind.MISSING, ClaimWish.REFUND))
    settled(world, claim_id, ClaimOutcome.REFUND)

    assert counters(order_id) == {"CAF-2": (5, 3, 3, 2)}
    assert order_of(order_id).status == "closed"
    assert owed(order_id) == ("225.00", "90.00", "0.00", "135.00")
