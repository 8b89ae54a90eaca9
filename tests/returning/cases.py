"""Returns for these tests."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from supply.claims import claiming
from supply.claims.claiming import NewClaim
from supply.claims.terms import ClaimOutcome
from supply.db import db, transaction
from supply.inventory.models import Balance
from supply.inventory.reversal import reverse
from supply.receiving.receiving import receive_shipment
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.returning import coming_back, receiving, sending, services
from supply.returning.models import Return, ReturnLine
from supply.returning.receiving import Verdict
from supply.returning.services import NewReturn, Terms, Wanted
from supply.returning.terms import CarriageBy, ReturnReason
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import LATER, TODAY, World, order_of, placed
from tests.shipping.parcels import GOOD_DAY, sent

LAST = TODAY + dt.timedelta(days=14)


def received(world: World, **lots: int) -> int:
    """Return the id of an order of biotin, packs by lot, received by its clinic; "A1" and so on."""
    order_id = placed(world, (world.biotin, sum(lots.values())))
    lines = [ShipLine(lot, GOOD_DAY, packs, sku="BIO-5") for lot, packs in lots.items()]
    shipment_id = sent(world, order_id, *lines)
    with transaction():
        receive_shipment(shipment_id, actor=world.manager_acts, now=LATER)
    return order_id


def wanted(lots: Mapping[str, int], reason: ReturnReason = ReturnReason.NOT_NEEDED) -> NewReturn:
    """Return what a clinic asks for: packs of biotin by lot."""
    lines = [Wanted("BIO-5", lot, packs, f"packs_{lot}") for lot, packs in lots.items()]
    return NewReturn(reason, lines)


def asked(world: World, order_id: int, **lots: int) -> int:
    """Return the id of a return that is asked for, committed."""
    with transaction():
        new = wanted(lots)
        return services.ask(order_id, new, actor=world.manager_acts, now=LATER).id


def authorised(
    world: World, return_id: int, credit_minor: int | None = None, valid_until: dt.date = LAST
) -> str:
    """Authorise a return, at ``credit_minor`` for each pack; return its number."""
    with transaction():
        lines = db.session.scalars(sa.select(ReturnLine).where(ReturnLine.return_id == return_id))
        credit = {} if credit_minor is None else {one.order_line_id: credit_minor for one in lines}
        terms = Terms(valid_until, CarriageBy.CLINIC, credit, "In the box it came in")
        done = services.authorise(return_id, terms, actor=world.seller_acts, now=LATER)
        return done.number or ""


def gone(world: World, return_id: int, **parcel: str) -> int:
    """Send a return; return the entry's id."""
    with transaction():
        return sending.send(return_id, **parcel, actor=world.manager_acts, now=LATER)[1]


def back(world: World, return_id: int) -> int:
    """Take in what a supplier sent back; return the entry's id."""
    with transaction():
        return coming_back.take_back(return_id, actor=world.manager_acts, now=LATER)[1]


def undone(world: World, entry_id: int) -> None:
    """Undo an entry."""
    with transaction():
        reverse(entry_id, reason="", actor=world.manager_acts, now=LATER)


def settled(world: World, return_id: int, *, into_stock: bool = False, **said: Any) -> None:
    """Receive a return; all of it is accepted, or what is ``said`` of its one line."""
    with transaction():
        lines = db.session.scalars(
            sa.select(ReturnLine.id).where(ReturnLine.return_id == return_id)
        ).all()
        verdicts = {lines[0]: Verdict(**said)} if said else None
        receiving.settle(
            return_id, verdicts, into_stock=into_stock, actor=world.seller_acts, now=LATER
        )


def on_its_way(world: World, order_id: int, credit_minor: int | None = None, **lots: int) -> int:
    """Return the id of a return that is sent."""
    return_id = asked(world, order_id, **lots)
    authorised(world, return_id, credit_minor)
    gone(world, return_id)
    return return_id


def return_of(return_id: int) -> Return:
    """Return a return as the database has it."""
    db.session.rollback()
    return db.session.get_one(Return, return_id)


def claimed(world: World, order_id: int, packs: int, lot: str, outcome: ClaimOutcome | None) -> int:
    """Claim packs of biotin, answered so if at all; return the claim's id."""
    with transaction():
        new = NewClaim("BIO-5", packs, ClaimKind.SHORT_DATED, ClaimWish.CREDIT, lot=lot)
        raised = claiming.raise_claim(order_id, new, actor=world.manager_acts, now=LATER)
    if outcome is not None:
        with transaction():
            claiming.settle_claim(raised.id, outcome, actor=world.seller_acts, now=LATER)
    return raised.id


def line_of(order_id: int) -> tuple[int, int, int]:
    """Return (packs credited, kept for restocking, owed net) of an order's one line."""
    (line,) = order_of(order_id).lines
    return line.credited, line.restocking_minor, line.owed_minor


def sealed(world: World, lot: str) -> int:
    """Return how much of a lot lies at the clinic."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Balance).where(Balance.clinic_id == world.clinic.id))
    return int(sum(row.quantity for row in rows if row.lot.number == lot))
