"""Money that goes back: by itself, in part, to the cent, once, and never above what came."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from supply.answering import answering, progress, taking_back
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.ordering import wording
from supply.ordering.refusals import GoneOn
from supply.ordering.terms import Side
from supply.payments import asking, disputes, refunding
from supply.payments.gateway import SeenRefund, StripeGateway
from supply.payments.models import Payment, Refund
from supply.returning.terms import Fate
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import LATER, NOW, World, events, mails, order_of
from tests.payments.paying import (
    SOON,
    opened,
    paid,
    payment_of,
    refunds_of,
    run,
    session_of,
    to_pay,
)
from tests.returning.cases import on_its_way, settled
from tests.settling.books import claim, items, receive
from tests.settling.books import settled as settle_claim
from tests.shipping.parcels import GOOD_DAY, sent
from tests.support.stripe_standin import SECRET_KEY, Fault, StripeStandin

REFUND = "POST /v1/refunds"
HOUR = dt.timedelta(hours=1)


def refund_at_stripe(stripe: StripeStandin) -> str:
    (refund,) = stripe.objects("refund")
    return str(refund["id"])


def cancelled(world: World, order_id: int) -> None:
    with transaction():
        progress.cancel_rest(order_id, actor=world.manager_acts, now=LATER)


def test_declining_gives_all_back(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3), (world.gloves, 2))
    with transaction():
        answering.decline(order_id, reason="Sold out.", actor=world.seller_acts, now=LATER)
    assert run(gateway, LATER) == {"refunds": 1, "requests": 1}
    assert refunds_of(payment_id) == [("succeeded", 9113)]
    payment = payment_of(payment_id)
    assert (payment.refunding_minor, payment.left_minor) == (9113, 0)
    assert stripe.object(str(payment.charge_id))["amount_refunded"] == 9113
    assert [kind for kind, _text in events(order_id)][-2:] == ["declined", "refunded"]


def test_what_is_returned_goes_back_but_for_what_is_kept_and_for_what_a_claim_gave_back(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 4))
    receive(world, sent(world, order_id, ShipLine("A1", GOOD_DAY, 4, sku="BIO-5")))
    settle_claim(world, claim(world, order_id, 1), ClaimOutcome.REFUND)
    return_id = on_its_way(world, order_id, 2005, A1=3)
    settled(world, return_id, accepted=2, why="Opened", fate=Fate.DESTROYED)
    assert "2 packs are accepted: €40.10, net of VAT, goes back to the card." in mails()[-1].text
    for hours in range(2):
        run(gateway, LATER + hours * HOUR)
    assert sum(minor for _status, minor in refunds_of(payment_id)) == 2505 + 2 * 2005
    assert payment_of(payment_id).left_minor == order_of(order_id).to_pay.minor == 2505 + 1000
    assert items() == {
        "DERMAL-2026-00001": ("invoice", 10020, 10020),
        "DERMAL-2026-00002": ("credit_note", 2505, 2505),
        "DERMAL-2026-00003": ("credit_note", 4010, 4010),
    }


def test_a_refund_is_asked_for_once_however_often_the_job_runs(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    cancelled(world, order_id)
    for hours in range(3):
        run(gateway, LATER + hours * HOUR)
    assert refunds_of(payment_id) == [("succeeded", 7515)]
    assert len(stripe.requests_to(REFUND)) == 1


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.DROP_BEFORE, Fault.UNAVAILABLE])
def test_a_lost_answer_gives_nothing_back_twice(
    world: World, stripe: StripeStandin, gateway: StripeGateway, fault: Fault
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    cancelled(world, order_id)
    stripe.fail_next(fault, REFUND)
    assert run(gateway, LATER)["failed"] == 1
    assert refunds_of(payment_id) == [("asked", 7515)]
    run(gateway, LATER + HOUR)
    assert refunds_of(payment_id) == [("succeeded", 7515)]
    assert len(stripe.objects("refund")) == 1


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.ERROR_BEFORE])
def test_a_fault_kept_under_the_key_is_got_past(
    world: World, stripe: StripeStandin, gateway: StripeGateway, fault: Fault
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    cancelled(world, order_id)
    stripe.fail_next(fault, REFUND)
    for hours in range(4):
        run(gateway, LATER + hours * HOUR)
    assert refunds_of(payment_id) == [("succeeded", 7515)]
    assert len(stripe.objects("refund")) == 1


def test_cancelling_cannot_be_undone_once_money_goes_back(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, _payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    cancelled(world, order_id)
    run(gateway, LATER)
    with pytest.raises(GoneOn), transaction():
        taking_back.take_back_cancelling(
            order_id, side=Side.CLINIC, actor=world.manager_acts, now=LATER
        )


def test_cancelling_undone_in_time_gives_nothing_back(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    cancelled(world, order_id)
    with transaction():
        taking_back.take_back_cancelling(
            order_id, side=Side.CLINIC, actor=world.manager_acts, now=LATER
        )
    run(gateway, LATER)
    assert refunds_of(payment_id) == []


def test_a_pending_refund_is_followed_to_its_end(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    stripe.begin_refunds_as("pending")
    cancelled(world, order_id)
    run(gateway, LATER)
    assert refunds_of(payment_id) == [("pending", 7515)]
    stripe.succeed_refund(refund_at_stripe(stripe))
    seen = _seen(gateway, stripe)
    with transaction():
        refunding.told(seen, LATER)
    assert refunds_of(payment_id) == [("succeeded", 7515)]


def _seen(gateway: StripeGateway, stripe: StripeStandin) -> SeenRefund:
    db.session.rollback()
    return gateway.refund(refund_at_stripe(stripe))


def test_a_failed_refund_is_seen_by_both_sides_and_may_be_asked_for_again(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    cancelled(world, order_id)
    run(gateway, LATER)
    before = len(mails())
    stripe.fail_refund(refund_at_stripe(stripe))
    seen = _seen(gateway, stripe)
    for _twice in range(2):
        with transaction():
            refunding.told(seen, LATER)
    assert refunds_of(payment_id) == [("failed", 7515)]
    assert payment_of(payment_id).refunding_minor == 0
    assert [kind for kind, _text in events(order_id)][-1] == "refund_failed"
    told = mails()[before:]
    assert sorted(mail.to_address for mail in told) == [
        "mia@example.org", "olga@example.org", "sam@example.org",
    ]  # fmt: skip
    assert told[0].subject.startswith("A refund failed: order ")
    for mail in told:
        assert "The card has expired or was cancelled." in mail.text
        assert "expired_or_canceled_card" not in mail.text + mail.html
    said = wording.entry(order_of(order_id).events[-1], "UTC")["text"]
    assert said == "The card has expired or was cancelled."
    run(gateway, LATER + HOUR)
    assert refunds_of(payment_id) == [("failed", 7515)], "nobody asked for it again"
    with transaction():
        refunding.refund_what_is_due(order_id, again=True, now=LATER)
    run(gateway, LATER + HOUR)
    assert refunds_of(payment_id) == [("failed", 7515), ("succeeded", 7515)]


def test_a_refund_that_is_refused_is_told_once_and_not_repeated_by_itself(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    intent = payment_of(payment_id).intent_id
    db.session.rollback()
    gateway.create_refund({"payment_intent": intent}, "by hand, and nobody has told us")
    cancelled(world, order_id)
    before = len(mails())
    for hours in range(3):
        run(gateway, LATER + hours * HOUR)
    with transaction():
        progress.comment(order_id, text="Where is it?", actor=world.manager_acts, now=LATER)
    run(gateway, LATER + 4 * HOUR)
    assert refunds_of(payment_id) == [("failed", 7515)]
    assert len(mails()) - before == 3


def test_what_was_paid_twice_goes_back_without_a_loop(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id = to_pay(world, (world.biotin, 3))
    first = opened(world, order_id, gateway)
    stripe.pay(session_of(first))
    stripe.advance(24 * 3600)
    second = opened(world, order_id, gateway, NOW + 24 * HOUR)
    stripe.pay(session_of(second))
    for payment_id in (first, second):
        asking.look(payment_id, gateway, NOW)
    assert {payment_of(one).status for one in (first, second)} == {"paid"}
    stripe.forbid(SECRET_KEY, REFUND)
    for hours in range(3):
        run(gateway, LATER + hours * HOUR)
    stripe.forbid(SECRET_KEY)
    run(gateway, LATER + 9 * HOUR)
    assert sorted(refunds_of(first) + refunds_of(second)) == [("succeeded", 7515)]


def test_what_a_bank_asks_back_is_not_given_a_second_time(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    dispute_id = stripe.open_dispute(str(payment_of(payment_id).charge_id))
    _look_at(gateway, dispute_id)
    cancelled(world, order_id)
    run(gateway, LATER)
    assert (refunds_of(payment_id), stripe.requests_to(REFUND)) == ([], [])
    stripe.close_dispute(dispute_id, won=False)
    _look_at(gateway, dispute_id)
    run(gateway, LATER)
    assert (refunds_of(payment_id), stripe.requests_to(REFUND)) == ([], [])


def _look_at(gateway: StripeGateway, dispute_id: str) -> None:
    db.session.rollback()
    seen = gateway.dispute(dispute_id)
    with transaction():
        disputes.told(seen, LATER)


def test_a_refund_made_by_hand_at_stripe_is_counted(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    intent = payment_of(payment_id).intent_id
    db.session.rollback()
    made = gateway.create_refund({"payment_intent": intent, "amount": 1000}, "by hand")
    for _twice in range(2):
        with transaction():
            assert refunding.told(made, LATER)
    assert refunds_of(payment_id) == [("succeeded", 1000)]
    cancelled(world, order_id)
    run(gateway, LATER)
    assert refunds_of(payment_id) == [("succeeded", 1000), ("succeeded", 6515)]


def test_the_database_itself_gives_back_no_more_than_came(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    _order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            sa.update(Payment).where(Payment.id == payment_id).values(refunding_minor=7516)
        )


def test_one_order_that_fails_stops_no_other(
    world: World, stripe: StripeStandin, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, one = paid(world, stripe, gateway, (world.biotin, 3))
    second, two = paid(world, stripe, gateway, (world.biotin, 2))
    cancelled(world, first)
    cancelled(world, second)
    work = refunding.refund_what_is_due

    def broken(order_id: int, *, again: bool = False, now: dt.datetime) -> list[Refund]:
        if order_id == first:
            raise ArithmeticError
        return work(order_id, again=again, now=now)

    monkeypatch.setattr(refunding, "refund_what_is_due", broken)
    assert run(gateway, LATER)["failed"] == 1
    assert (refunds_of(one), refunds_of(two)) == ([], [("succeeded", 5010)])


def test_nothing_goes_back_of_an_order_that_is_kept(
    world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    order_id, payment_id = paid(world, stripe, gateway, (world.biotin, 3))
    with transaction():
        answering.acknowledge(order_id, actor=world.seller_acts, now=SOON)
    run(gateway, NOW + HOUR)
    assert refunds_of(payment_id) == []
