"""What is received, claimed, credited and settled clears a difference, or a person's word does."""

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.audit.models import AuditRow
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.invoicing.models import Invoice
from supply.matching import waiving
from supply.matching.matching import Match, matches
from supply.matching.waiving import NothingDiffers
from supply.open_items.models import OpenItem
from supply.receiving.receiving import ReceiveLine
from supply.receiving.terms import ClaimKind
from supply.refusals import InvalidInput
from supply.settling import crediting
from supply.settling.refusals import Blocked, NothingToSetOff
from supply.shipping.ship_lines import ShipLine
from supply.shipping.terms import Condition
from tests.ordering.world import NOW, TODAY, World
from tests.settling.books import (
    FIRST,
    account,
    announced,
    claim,
    invoiced,
    new,
    receive,
    recorded,
    settled,
)
from tests.shipping.parcels import GOOD_DAY, sent


def match(number: str = FIRST) -> Match:
    """Return how an invoice matches, as the database has it."""
    db.session.rollback()
    invoice_id = db.session.scalars(sa.select(Invoice.id).where(Invoice.number == number)).one()
    return matches([invoice_id])[invoice_id]


def told(app: Flask) -> tuple[str, list[str]]:
    """Return the status of the first invoice, and each difference."""
    with app.test_request_context():
        found = match()
    return found.status.value, [one.text for one in found.differences]


def test_from_sent_to_received(app: Flask, world: World) -> None:
    order_id, shipment_id = invoiced(world, 5, received=False)
    assert told(app) == ("differs", ["5 packs of Biotin 5 ml invoiced and not received"])
    with pytest.raises(Blocked, match=rf"{FIRST}: 5 packs of Biotin 5 ml invoiced and not rec"):
        announced(world, new(100, first=100))
    receive(
        world,
        shipment_id,
        ReceiveLine("BIO-5", "A1", 2),
        ReceiveLine("BIO-5", "A1", 2, Condition.DAMAGED, "Crushed"),
        ReceiveLine("BIO-5", "A1", 1, Condition.MISSING),
    )
    missing = "1 pack of Biotin 5 ml missing from the parcel, claim open"
    damaged = "2 packs of Biotin 5 ml received and claimed, claim open"
    assert told(app) == ("differs", [missing, damaged])
    claims = {one.kind: one.id for one in _claims(order_id)}
    settled(world, claims[ClaimKind.DAMAGED])
    assert told(app) == ("differs", [missing])
    settled(world, claims[ClaimKind.MISSING], ClaimOutcome.RESEND)
    again = "1 pack of Biotin 5 ml invoiced and not received"
    assert told(app) == ("differs", [again])
    receive(world, sent(world, order_id, ShipLine("B2", GOOD_DAY, 1, sku="BIO-5")))
    assert told(app) == ("matched", [])
    announced(world, new(100, first=100))


def _claims(order_id: int) -> list[sa.Row[tuple[int, ClaimKind]]]:
    from supply.claims.models import Claim

    return list(db.session.execute(sa.select(Claim.id, Claim.kind).filter_by(order_id=order_id)))


def test_refused_sent_again_and_paid_nevertheless(app: Flask, world: World) -> None:
    order_id, _shipment_id = invoiced(world, 5)
    settled(world, claim(world, order_id, 1), ClaimOutcome.REFUSED)
    assert told(app) == ("matched", [])
    invoice = db.session.scalars(sa.select(Invoice)).one()
    with pytest.raises(NothingDiffers), transaction():
        waiving.pay_nevertheless(invoice, "why", actor=world.manager_acts, now=NOW)
    settled(world, claim(world, order_id, 2), ClaimOutcome.RESEND)
    differs = ["2 packs of Biotin 5 ml to be sent again, not received yet"]
    assert told(app) == ("differs", differs)
    invoice = db.session.scalars(sa.select(Invoice)).one()
    with pytest.raises(InvalidInput), transaction():
        waiving.pay_nevertheless(invoice, " ", actor=world.manager_acts, now=NOW)
    for _twice in range(2):
        invoice = db.session.scalars(sa.select(Invoice)).one()
        with transaction():
            waiving.pay_nevertheless(
                invoice, "They are on their way", actor=world.manager_acts, now=NOW
            )
    assert told(app) == ("waived", differs)
    announced(world, new(100, first=100))
    with transaction():
        waiving.take_back_waiver(invoice, actor=world.manager_acts, now=NOW)
    assert told(app) == ("differs", differs)
    with pytest.raises(Blocked):
        announced(world, new(100, first=100))
    actions = db.session.scalars(
        sa.select(AuditRow.action).where(AuditRow.subject_type == "invoice").order_by(AuditRow.id)
    )
    assert list(actions) == [
        "invoice.issued",
        "invoice.paid_nevertheless",
        "invoice.blocked_again",
    ]
    receive(world, sent(world, order_id, ShipLine("B2", GOOD_DAY, 2, sku="BIO-5")))
    assert told(app) == ("matched", [])


def test_money_that_came_is_not_asked_and_credit_passes_by(world: World) -> None:
    """A supplier writes down what came whatever differs; credit is not set off against it."""
    invoiced(world, 1, received=False)
    recorded(world, new(3000))
    invoiced(world, 1, received=False)
    credit = db.session.scalars(sa.select(OpenItem.id).where(OpenItem.kind == "overpaid")).one()
    with pytest.raises(NothingToSetOff, match="No invoice is open"), transaction():
        crediting.set_off(account(world), credit, on=TODAY, actor=world.manager_acts, now=NOW)
