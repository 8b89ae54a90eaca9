"""What these tests do with payments."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from supply.baskets import placing
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import PayBy
from supply.payments import asking, checkout, work
from supply.payments.gateway import StripeGateway
from supply.payments.models import GatewayRequest, Payment, Refund
from tests.ordering.world import NOW, World, draft, order_of
from tests.support.stripe_standin import StripeStandin

SOON = NOW + dt.timedelta(minutes=2)


def to_pay(world: World, *lines: tuple[Product, int]) -> int:
    """Return the id of an order that waits to be paid by card, committed."""
    order_id = draft(world, *lines)
    with transaction():
        placing.place(order_id, pay_by=PayBy.CARD, actor=world.manager_acts, now=NOW)
    return order_id


def begun(world: World, order_id: int, now: dt.datetime = NOW) -> int:
    """Return the id of the payment an order waits for, begun and committed, nothing asked."""
    with transaction():
        return checkout.begin(order_id, actor=world.manager_acts, now=now).id


def opened(world: World, order_id: int, gateway: StripeGateway, now: dt.datetime = NOW) -> int:
    """Return the id of a payment whose page is open."""
    payment_id = begun(world, order_id, now)
    asking.page_to_pay(payment_id, gateway, now)
    return payment_id


def paid(
    world: World, stripe: StripeStandin, gateway: StripeGateway, *lines: tuple[Product, int]
) -> tuple[int, int]:
    """Return the ids of an order that is paid by card and placed, and of its payment."""
    order_id = to_pay(world, *lines)
    payment_id = opened(world, order_id, gateway)
    stripe.pay(session_of(payment_id))
    asking.look(payment_id, gateway, NOW)
    assert order_of(order_id).stage == "placed"
    return order_id, payment_id


def payment_of(payment_id: int) -> Payment:
    """Return a payment as the database has it."""
    db.session.rollback()
    return db.session.get_one(Payment, payment_id, populate_existing=True)


def session_of(payment_id: int) -> str:
    """Return the id of a payment's page at Stripe."""
    found = payment_of(payment_id).session_id
    db.session.rollback()
    assert found is not None
    return found


def requests_of(payment_id: int) -> list[tuple[str, bool]]:
    """Return (kind, whether it is done) of what was asked for a payment."""
    rows = db.session.execute(
        sa.select(GatewayRequest.kind, GatewayRequest.done_at)
        .where(GatewayRequest.payment_id == payment_id)
        .order_by(GatewayRequest.id)
    )
    found = [(row.kind.value, row.done_at is not None) for row in rows]
    db.session.rollback()
    return found


def refunds_of(payment_id: int) -> list[tuple[str, int]]:
    """Return (status, minor units) of a payment's refunds."""
    rows = db.session.scalars(
        sa.select(Refund).where(Refund.payment_id == payment_id).order_by(Refund.id)
    ).all()
    found = [(row.status.value, row.amount_minor) for row in rows]
    db.session.rollback()
    return found


def run(gateway: StripeGateway, now: dt.datetime = SOON) -> dict[str, Any]:
    """Do what is due, as the job does; return its counts that are not nought."""
    return {name: count for name, count in work.run(now, gateway).as_json().items() if count}


def stage_of(order_id: int) -> str:
    """Return where an order stands."""
    stage = order_of(order_id).stage.value
    db.session.rollback()
    return stage


def all_orders() -> list[PurchaseOrder]:
    """Return every order."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(PurchaseOrder).order_by(PurchaseOrder.id)))
