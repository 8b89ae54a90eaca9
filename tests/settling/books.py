"""Accounts for these tests."""

import datetime as dt

import sqlalchemy as sa

from supply.accounts.models import Practice, Supplier
from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.inventory.verification import verify
from supply.invoicing.models import Invoice
from supply.open_items.models import BankPayment, OpenItem
from supply.receiving import receiving
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.settling import answering, saying
from supply.settling.saying import Account, NewPayment
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import NOW, TODAY, World, placed
from tests.shipping.parcels import GOOD_DAY, sent

FIRST = "DERMAL-2026-00001"
SECOND = "DERMAL-2026-00002"


def account(world: World) -> Account:
    """Return the account of the practice with the supplier, in euros."""
    return Account(
        db.session.get_one(Practice, world.practice.id),
        db.session.get_one(Supplier, world.supplier.id),
        "EUR",
    )


def invoiced(world: World, packs: int = 4, *, received: bool = True) -> tuple[int, int]:
    """Return an order of biotin at 25.05 and its shipment, which is invoiced."""
    order_id = placed(world, (world.biotin, packs))
    shipment_id = sent(world, order_id, ShipLine("A1", GOOD_DAY, packs, sku="BIO-5"))
    if received:
        receive(world, shipment_id)
    return order_id, shipment_id


def receive(world: World, shipment_id: int, *lines: ReceiveLine) -> None:
    """Receive a shipment, as sent unless said otherwise."""
    with transaction():
        receiving.receive_shipment(
            shipment_id, list(lines) or None, actor=world.manager_acts, now=NOW
        )


def claim(world: World, order_id: int, packs: int, kind: ClaimKind = ClaimKind.DAMAGED) -> int:
    """Claim packs of biotin; return the claim's id."""
    with transaction():
        new = NewClaim("BIO-5", packs, kind, ClaimWish.CREDIT)
        return claiming.raise_claim(order_id, new, actor=world.manager_acts, now=NOW).id


def settled(world: World, claim_id: int, outcome: ClaimOutcome = ClaimOutcome.CREDIT) -> None:
    """Settle a claim."""
    with transaction():
        claiming.settle_claim(claim_id, outcome, actor=world.seller_acts, now=NOW)


def items() -> dict[str, tuple[str, int, int]]:
    """Return (kind, total, settled) of all items by name; what is kept adds up, too."""
    db.session.rollback()
    assert verify() == []
    found = db.session.scalars(sa.select(OpenItem).order_by(OpenItem.id)).all()
    return {item.name: (item.kind.value, item.total_minor, item.settled_minor) for item in found}


def item_id(number: str) -> int:
    """Return the id of the item of a document."""
    query = (sa.select(OpenItem.id).join(Invoice, Invoice.id == OpenItem.invoice_id)).where(
        Invoice.number == number
    )
    return db.session.scalars(query).one()


def new(minor: int, reference: str = "TRF 1", day: dt.date = TODAY, **parts: int) -> NewPayment:
    """Return a payment to write down; ``parts`` by ``first`` and ``second``."""
    numbers = {"first": FIRST, "second": SECOND}
    by_item = {item_id(numbers[name]): part for name, part in parts.items()}
    return NewPayment(minor, day, reference, by_item)


def announced(world: World, payment: NewPayment) -> int:
    """Return the id of a payment that the practice announced, committed."""
    with transaction():
        found = saying.announce(
            account(world), payment, today=TODAY, actor=world.manager_acts, now=NOW
        )
        return found.id


def recorded(world: World, payment: NewPayment) -> int:
    """Return the id of a payment that the supplier wrote down, committed."""
    with transaction():
        found = saying.record(
            account(world), payment, today=TODAY, actor=world.seller_acts, now=NOW
        )
        return found.id


def confirmed(world: World, payment_id: int) -> None:
    """Confirm a payment for the supplier."""
    with transaction():
        answering.confirm(payment_id, actor=world.seller_acts, now=NOW)


def taken_back(world: World, payment_id: int) -> None:
    """Take the supplier's word on a payment back."""
    with transaction():
        answering.take_back(payment_id, actor=world.seller_acts, now=NOW)


def state(payment_id: int) -> str:
    """Return where a payment stands."""
    db.session.rollback()
    return db.session.get_one(BankPayment, payment_id).state.value
