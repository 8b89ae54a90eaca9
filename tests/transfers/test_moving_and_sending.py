"""Stock on its way: the ledger of moving and sending, what follows it, and what undoes it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic
from supply.catalogue.terms import Storage
from supply.db import db, transaction
from supply.handling import actions, holding
from supply.inventory.models import Balance, Container, Entry, Hold, Lot, Move
from supply.inventory.refusals import ShortageError
from supply.inventory.reversal import reverse
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.inventory.verification_costs import verify_costs
from supply.items.models import ItemOpeningRule, Location
from supply.items.terms import LocationKind
from supply.refusals import InvalidInput, Refusal
from supply.transfers import moving, receiving, sending, writing_off
from supply.transfers.lines import Line
from supply.transfers.models import Transfer, TransferLine
from supply.transfers.refusals import NotInTransit, PartlyAccounted, ReceivedOtherwise
from supply.transfers.terms import TransferStatus
from tests.factories import AMPOULE, BIOTIN, COLD, NEEDLE, NOW, VIAL, World, make_world, stock

D = Decimal


@pytest.fixture
def world(app: Flask) -> World:
    """Two clinics of one practice."""
    return make_world()


def place(clinic: Clinic, name: str) -> Location:
    """Return a location by the beginning of its name."""
    return db.session.scalars(
        sa.select(Location).where(Location.clinic_id == clinic.id, Location.name.startswith(name))
    ).one()


def there(lot: Lot) -> dict[str, tuple[D, int]]:
    """Return by clinic and place how much of a lot is there, and what it cost."""
    rows = db.session.execute(
        sa.select(Clinic.code, Location.name, Balance.quantity, Balance.cost_minor)
        .join(Location, Location.id == Balance.location_id)
        .join(Clinic, Clinic.id == Location.clinic_id)
        .where(Balance.lot_id == lot.id, Balance.quantity > D(0))
    )
    return {f"{row.code} {row.name}": (row.quantity, row.cost_minor) for row in rows}


def send(world: World, *lines: Line) -> Transfer:
    with transaction():
        return sending.send(world.clinic, world.sister, lines, actor=world.actor(), now=NOW)


def receive(world: World, transfer: Transfer, *lines: Line) -> receiving.Received:
    with transaction():
        return receiving.receive(
            transfer.id, lines or None, actor=world.actor(world.manager), now=NOW
        )


def line_of(transfer: Transfer) -> tuple[D, ...]:
    """Return what the only line keeps: sent, received, written off, returned, in transit."""
    db.session.rollback()
    (line,) = db.session.scalars(
        sa.select(TransferLine).where(TransferLine.transfer_id == transfer.id)
    )
    return line.sent, line.received, line.written_off, line.returned, line.in_transit


def assert_sound() -> None:
    """Hold balances, costs and transfers against the moves."""
    db.session.rollback()
    assert verify() == []
    assert verify_costs() == []


def test_what_is_sent_is_the_senders_until_it_arrives_and_its_cost_goes_along(
    world: World,
) -> None:
    lot = stock(world, BIOTIN, "20", cost_minor=240)
    transfer = send(world, Line(lot.id, D(8)))
    assert there(lot) == {
        "riga Cupboard": (D(12), 2880),
        "riga In transit": (D(8), 1920),
    }
    assert transfer.status is TransferStatus.IN_TRANSIT
    assert transfer.code.startswith("TR-")
    first = receive(world, transfer, Line(lot.id, D(5)))
    assert [(line.lot_id, left) for line, left in first.missing] == [(lot.id, D(3))]
    assert there(lot)["riga In transit"] == (D(3), 720)
    assert there(lot)["dublin Cupboard"] == (D(5), 1200)
    assert_sound()
    second = receive(world, transfer)
    assert second.missing == ()
    assert there(lot) == {"riga Cupboard": (D(12), 2880), "dublin Cupboard": (D(8), 1920)}
    assert line_of(transfer) == (D(8), D(8), D(0), D(0), D(0))
    assert db.session.get_one(Transfer, transfer.id).status is TransferStatus.DONE
    assert_sound()


def test_where_currencies_differ_the_cost_stays_behind(world: World) -> None:
    with transaction():
        world.sister.currency = "GBP"
    lot = stock(world, BIOTIN, "20", cost_minor=240)
    transfer = send(world, Line(lot.id, D(8)))
    done = receive(world, transfer)
    rows = db.session.execute(
        sa.select(Balance.quantity, Balance.costed, Balance.cost_minor).where(
            Balance.clinic_id == world.sister.id, Balance.lot_id == lot.id
        )
    ).all()
    assert rows == [(D(8), D(0), 0)]
    assert_sound()
    with transaction():
        reverse(done.entry_id, reason="", actor=world.actor(), now=NOW)
    assert there(lot)["riga In transit"] == (D(8), 1920)
    assert_sound()


def test_what_never_arrives_is_waste_with_a_cause_and_a_difference_without(world: World) -> None:
    lot = stock(world, BIOTIN, "20")
    transfer, entry_id = Transfer(), 0
    for reason, kind, cause, target in (
        ("Broken: the box fell", EntryKind.WASTE, WasteCause.DAMAGED, LocationKind.WASTE),
        ("Nobody knows", EntryKind.CORRECTION, None, LocationKind.DIFFERENCE),
    ):
        transfer = send(world, Line(lot.id, D(4)))
        receive(world, transfer, Line(lot.id, D(3)))
        with transaction():
            entry_id = writing_off.write_off(
                transfer.id, reason=reason, actor=world.actor(), now=NOW
            )
        rows = db.session.execute(
            sa.select(Entry.clinic_id, Entry.kind, Move.cause, Move.quantity, Location.kind)
            .join(Move, Move.entry_id == Entry.id)
            .join(Location, Location.id == Move.to_location_id)
            .where(Entry.id == entry_id)
        ).all()
        assert rows == [(world.clinic.id, kind, cause, D(1), target)]
        assert line_of(transfer) == (D(4), D(3), D(1), D(0), D(0))
        assert db.session.get_one(Transfer, transfer.id).status is TransferStatus.DONE
        with pytest.raises(ReceivedOtherwise):
            receive(world, transfer)  # as sent: it did not all come
    with pytest.raises(NotInTransit), transaction():
        writing_off.write_off(transfer.id, reason="again", actor=world.actor(), now=NOW)
    with transaction():
        reverse(entry_id, reason="found", actor=world.actor(), now=NOW)
    assert line_of(transfer) == (D(4), D(3), D(0), D(0), D(1))
    assert_sound()


def test_taking_back_returns_what_is_left_to_where_it_was(world: World) -> None:
    lot = stock(world, BIOTIN, "20", cost_minor=240)
    whole, part = send(world, Line(lot.id, D(4))), send(world, Line(lot.id, D(6)))
    receive(world, part, Line(lot.id, D(5)))
    for transfer in (whole, part):
        with transaction():
            sending.take_back(transfer.id, actor=world.actor(), now=NOW)
    assert line_of(whole) == (D(4), D(0), D(0), D(4), D(0))
    assert line_of(part) == (D(6), D(5), D(0), D(1), D(0))
    states = [db.session.get_one(Transfer, one.id).status for one in (whole, part)]
    assert states == [TransferStatus.TAKEN_BACK, TransferStatus.DONE]
    assert there(lot) == {"riga Cupboard": (D(15), 3600), "dublin Cupboard": (D(5), 1200)}
    assert_sound()


def test_what_is_taken_back_after_a_count_lies_there_again(world: World) -> None:
    """The shelf was counted rightly without it; and nothing comes back where nobody looks."""
    lot = stock(world, BIOTIN, "20", cost_minor=240)
    transfer = send(world, Line(lot.id, D(8)))
    cupboard, later = place(world.clinic, "Cupboard"), NOW + dt.timedelta(hours=1)
    spot = (cupboard.id, lot.id, None)
    with transaction():
        actions.correct(world.clinic, spot, D(11), reason="Counted", actor=world.actor(), now=later)
    with transaction():
        wasted = actions.waste(
            world.clinic, spot, D(11), cause=WasteCause.DAMAGED, actor=world.actor(), now=later
        )
    _archived(cupboard, later)
    with pytest.raises(Refusal, match="Cupboard is archived"), transaction():
        sending.take_back(transfer.id, actor=world.actor(), now=later)
    with pytest.raises(Refusal, match="Cupboard is archived"), transaction():
        reverse(wasted, reason="", actor=world.actor(), now=later)
    assert there(lot) == {"riga In transit": (D(8), 1920)}
    _archived(cupboard, None)
    with transaction():
        sending.take_back(transfer.id, actor=world.actor(), now=later)
    assert there(lot) == {"riga Cupboard": (D(8), 1920)}
    assert db.session.get_one(Transfer, transfer.id).status is TransferStatus.TAKEN_BACK
    assert_sound()


def _archived(location: Location, at: dt.datetime | None) -> None:
    with transaction():
        db.session.get_one(Location, location.id).archived_at = at


def test_undoing_a_receipt_puts_it_in_transit_again_and_sending_stays_while_some_came(
    world: World,
) -> None:
    lot = stock(world, BIOTIN, "20")
    transfer, other = send(world, Line(lot.id, D(4))), send(world, Line(lot.id, D(4)))
    done = receive(world, transfer, Line(lot.id, D(3)))
    # The other's packs lie in the same transit: they must not stand in for those that came.
    with pytest.raises(PartlyAccounted), transaction():
        reverse(transfer.entry_id or 0, reason="", actor=world.actor(), now=NOW)
    with transaction():
        reverse(done.entry_id, reason="", actor=world.actor(), now=NOW)
    assert line_of(transfer) == (D(4), D(0), D(0), D(0), D(4))
    assert db.session.get_one(Transfer, transfer.id).status is TransferStatus.IN_TRANSIT
    with transaction():
        reverse(transfer.entry_id or 0, reason="", actor=world.actor(), now=NOW)
    assert db.session.get_one(Transfer, transfer.id).status is TransferStatus.TAKEN_BACK
    assert line_of(other)[4] == D(4)
    assert_sound()


def test_what_was_received_is_received_once(world: World) -> None:
    lot = stock(world, BIOTIN, "20")
    transfer = send(world, Line(lot.id, D(4)))
    first = receive(world, transfer)
    assert receive(world, transfer) == receive(world, transfer, Line(lot.id, D(4))) == first
    with pytest.raises(ReceivedOtherwise, match="Manager received transfer TR-"):
        receive(world, transfer, Line(lot.id, D(3)))
    assert there(lot)["dublin Cupboard"][0] == D(4)


def test_all_lines_that_cannot_be_sent_are_named_and_nothing_is_sent(world: World) -> None:
    fine = stock(world, BIOTIN, "20")
    expired = stock(world, AMPOULE, "50", expiry=dt.date(2026, 6, 14))
    held = stock(world, NEEDLE, "100", hold_reason="damaged")
    vial = stock(world, VIAL, "40")
    short = Line(fine.id, D(21), field="lines.0")
    with pytest.raises(ShortageError) as few:
        send(world, short, Line(vial.id, D(60), field="lines.1"))
    assert [(one.code, one.needed, one.available) for one in few.value.items] == [
        (BIOTIN, D(21), D(20)),
        (VIAL, D(60), D(40)),
    ]
    with pytest.raises(InvalidInput) as wrong:
        send(
            world,
            short,
            Line(expired.id, D(5), field="lines.1"),
            Line(held.id, D(1), field="lines.2"),
            Line(vial.id, D(5), field="lines.3"),
        )
    assert [field for field, _message in wrong.value.errors] == [
        "lines.1.lot",
        "lines.2.lot",
        "lines.3.quantity",
    ]
    # Two lines of one lot draw on the same packs.
    with pytest.raises(ShortageError):
        send(world, Line(fine.id, D(12)), Line(fine.id, D(12)))
    assert db.session.scalars(sa.select(Transfer)).all() == []


def test_moving_within_the_clinic_is_done_at_once_and_undone_whole(world: World) -> None:
    lot = stock(world, BIOTIN, "20", expiry=dt.date(2026, 1, 1))
    fridge = place(world.clinic, "Fridge")
    with transaction():
        done = moving.move(world.clinic, fridge, [Line(lot.id, D(5))], actor=world.actor(), now=NOW)
    assert there(lot) == {"riga Cupboard": (D(15), 0), f"riga {fridge.name}": (D(5), 0)}
    assert (done.status, line_of(done)) == (TransferStatus.DONE, (D(5), D(5), D(0), D(0), D(0)))
    with transaction():
        reverse(done.entry_id or 0, reason="", actor=world.actor(), now=NOW)
    assert there(lot) == {"riga Cupboard": (D(20), 0)}
    assert db.session.get_one(Transfer, done.id).status is TransferStatus.TAKEN_BACK
    assert_sound()


def held(lot: Lot) -> list[tuple[str, D | None]]:
    db.session.rollback()
    return [
        (name, quantity)
        for name, quantity in db.session.execute(
            sa.select(Location.name, Hold.quantity)
            .join(Location, Location.id == Hold.location_id)
            .where(Hold.lot_id == lot.id, Hold.released_at.is_(None))
            .order_by(Location.name)
        )
    ]


def test_what_is_held_in_its_place_stays_held_where_it_goes(world: World) -> None:
    counted = stock(world, NEEDLE, "30", lot="N1", hold_reason="short-dated")
    with transaction():
        hold = db.session.scalars(sa.select(Hold)).one()
        hold.quantity = D(10)
    whole = stock(world, BIOTIN, "20", lot="B1")
    fridge, cupboard = place(world.clinic, "Fridge"), place(world.clinic, "Cupboard")
    with transaction():
        holding.hold(
            world.clinic, whole.id, location_id=cupboard.id, reason="warm", actor=world.actor(),
            now=NOW,
        )  # fmt: skip
        moving.move(world.clinic, fridge, [Line(counted.id, D(20))], actor=world.actor(), now=NOW)
    assert held(counted) == [("Cupboard", D(10))]  # what is free goes first
    with transaction():
        done = moving.move(
            world.clinic,
            fridge,
            [Line(counted.id, D(4)), Line(whole.id, D(5))],
            actor=world.actor(),
            now=NOW,
        )
    assert held(counted) == [("Cupboard", D(6)), (fridge.name, D(4))]
    assert held(whole) == [("Cupboard", None), (fridge.name, D(5))]
    with transaction():
        reverse(done.entry_id or 0, reason="", actor=world.actor(), now=NOW)
    assert held(counted) == [("Cupboard", D(10))]
    assert held(whole) == [("Cupboard", None)]
    with transaction():
        moving.move(world.clinic, fridge, [Line(whole.id, D(20))], actor=world.actor(), now=NOW)
    assert held(whole) == [(fridge.name, D(20))]


def test_an_open_container_goes_whole_and_by_the_shorter_clock(world: World) -> None:
    lot = stock(world, VIAL, "40")
    fridge, cupboard = place(world.clinic, "Fridge"), place(world.clinic, "Cupboard")
    with transaction():
        db.session.execute(sa.delete(ItemOpeningRule).where(ItemOpeningRule.item_id == lot.item_id))
        db.session.add_all(
            ItemOpeningRule(item_id=lot.item_id, storage=storage, hours=hours)
            for storage, hours in ((Storage.COLD, 8), (Storage.AMBIENT, 2))
        )
        moving.move(world.clinic, fridge, [Line(lot.id, D(40))], actor=world.actor(), now=NOW)
        actions.open_container(world.clinic, fridge.id, lot.id, actor=world.actor(), now=NOW)
        container = db.session.scalars(sa.select(Container)).one()
    part = Line(lot.id, D(3), container_id=container.id, field="lines.0")
    with pytest.raises(InvalidInput) as wrong, transaction():
        moving.move(world.clinic, cupboard, [part], actor=world.actor(), now=NOW)
    assert [field for field, _message in wrong.value.errors] == ["lines.0.quantity"]
    clocks = []
    for target in (cupboard, fridge):
        with transaction():
            moving.move(
                world.clinic,
                target,
                [Line(lot.id, D(20), container_id=container.id)],
                actor=world.actor(),
                now=NOW + dt.timedelta(hours=1),
            )
        db.session.refresh(container)
        clocks.append((container.discard_at or NOW) - NOW)
    # Two hours in the warm are not eight again in the cold.
    assert clocks == [dt.timedelta(hours=2), dt.timedelta(hours=2)]
    entries = db.session.scalars(sa.select(Transfer.entry_id).order_by(Transfer.id.desc())).all()
    for entry_id in entries[:2]:
        with transaction():
            reverse(entry_id or 0, reason="", actor=world.actor(), now=NOW + dt.timedelta(hours=1))
    db.session.refresh(container)
    assert container.discard_at == NOW + dt.timedelta(hours=8)
    with pytest.raises(InvalidInput, match="stays in its clinic"):
        send(world, Line(lot.id, D(20), container_id=container.id))
    assert_sound()


def test_verification_tells_a_transfer_that_keeps_other_than_the_ledger(world: World) -> None:
    lot = stock(world, COLD, "25")
    transfer = send(world, Line(lot.id, D(10)))
    receive(world, transfer, Line(lot.id, D(5)))
    with transaction():
        db.session.execute(sa.update(TransferLine).values(received=D(10)))
    assert verify() == [
        f"transfer {transfer.id}, lot {lot.id}: the ledger says 5.000 received,"
        " the transfer 10.000",
        f"clinic {world.clinic.id}, lot {lot.id}: its transfers have 0.000 in transit,"
        " the balance 5.000",
    ]
