"""Both books compared, by the command as an operator runs it."""

import json

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.answering import progress
from supply.cli import main
from supply.db import db, transaction
from supply.payments import asking, checkout
from supply.payments.gateway import StripeGateway
from supply.payments.models import Payment, Refund
from supply.payments.terms import PaymentStatus
from tests.ordering.world import LATER, NOW, World
from tests.payments.paying import opened, paid, payment_of, run, session_of, to_pay
from tests.support.stripe_standin import StripeStandin


def verified(app: Flask) -> tuple[int, dict[str, object]]:
    """Run ``supply payments verify``; return its status and what it said."""
    db.session.rollback()
    result = app.test_cli_runner().invoke(args=["payments", "verify", "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_books_that_agree(
    app: Flask, world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    first, _payment = paid(world, stripe, gateway, (world.biotin, 3))
    opened(world, to_pay(world, (world.biotin, 1)), gateway)
    with transaction():
        progress.cancel_rest(first, actor=world.manager_acts, now=LATER)
    run(gateway, LATER)
    assert verified(app) == (0, {"payments": 2, "refunds": 1, "differences": []})


def test_each_difference_is_named_and_ends_with_one(
    app: Flask, world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    _order, one = paid(world, stripe, gateway, (world.biotin, 3))
    unseen = opened(world, to_pay(world, (world.biotin, 1)), gateway)
    stripe.pay(session_of(unseen))
    reference, other = payment_of(one).reference, payment_of(unseen).reference
    intent = str(payment_of(one).intent_id)
    db.session.rollback()
    made = gateway.create_refund({"payment_intent": intent, "amount": 500}, "by hand")
    stripe.tamper(intent, amount_received=7000)
    status, said = verified(app)
    assert status == 1
    assert said["differences"] == [
        f"{reference}: 7515 eur in our book, 7000 eur at Stripe",
        f"{reference}: refund {made.id} of 500 is not in our book",
        f"{other}: not paid in our book, paid at Stripe",
    ]


def test_what_only_our_book_has_is_named(
    app: Flask, world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    _order, one = paid(world, stripe, gateway, (world.biotin, 3))
    reference = payment_of(one).reference
    with transaction():
        payment = db.session.get_one(Payment, one)
        payment.refunding_minor = 100
        db.session.add(
            Refund(
                payment_id=one, status="succeeded", amount_minor=100, stripe_id="re_none",
                created_at=NOW,
            )
        )  # fmt: skip
    status, said = verified(app)
    assert (status, said["differences"]) == (
        1, [f"{reference}: refund re_none is in our book, and not at Stripe"],
    )  # fmt: skip


def test_after_reconciling_the_books_agree(
    app: Flask, world: World, stripe: StripeStandin, gateway: StripeGateway
) -> None:
    payment_id = opened(world, to_pay(world, (world.biotin, 1)), gateway)
    stripe.pay(session_of(payment_id))
    db.session.rollback()
    at = NOW.isoformat()
    result = app.test_cli_runner().invoke(args=["payments", "reconcile", "--now", at, "--json"])
    assert (result.exit_code, json.loads(result.stdout)["paid"]) == (0, 1)
    assert verified(app)[0] == 0


@pytest.mark.parametrize("command", ["verify", "reconcile"])
def test_without_a_key_there_is_nothing_to_ask(
    app: Flask, world: World, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    result = app.test_cli_runner().invoke(main, ["payments", command], obj=None)
    assert result.exit_code == 1


def test_a_kill_between_the_answer_and_its_writing_down_loses_nothing(
    world: World, stripe: StripeStandin, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = to_pay(world, (world.biotin, 1))
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    with monkeypatch.context() as killed:
        killed.setattr(checkout, "apply", _killed)
        with pytest.raises(KeyboardInterrupt):
            asking.look(payment_id, gateway, NOW)
    db.session.rollback()
    assert db.session.scalar(sa.select(Payment.status)) is PaymentStatus.OPEN
    db.session.rollback()
    assert asking.look(payment_id, gateway, NOW) is PaymentStatus.PAID


def _killed(*_arguments: object, **_more: object) -> None:
    raise KeyboardInterrupt
