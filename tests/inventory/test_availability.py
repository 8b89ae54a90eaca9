"""What may be drawn: at the edges of each reason that it may not, and the same whoever asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.api.shelves import stock_page
from supply.clock import local_date
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory import availability, drawing
from supply.inventory.availability import ActiveHold, Apart, apart, held_of
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.queries import Level, available_thousandths, levels
from supply.inventory.terms import HoldSource
from supply.items.models import Location
from tests.factories import AMPOULE, NOW, TODAY, VIAL, World, item, stock

DAY = dt.timedelta(days=1)
MOMENT = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Row:
    """A balance: 20 ml in 5 ml vials, or one that is open."""

    quantity: Decimal = Decimal(20)
    content_per_container: Decimal = Decimal(5)
    container_id: int | None = None
    expiry: dt.date | None = None
    discard_at: dt.datetime | None = None


OPEN = Row(Decimal(3), container_id=7)


@pytest.mark.parametrize(
    ("row", "holds", "expected"),
    [
        (Row(), [], Apart(available=Decimal(20))),
        (Row(expiry=TODAY), [], Apart(available=Decimal(20))),
        (Row(expiry=TODAY - DAY), [], Apart(expired=Decimal(20))),
        (Row(expiry=TODAY - DAY), [None], Apart(expired=Decimal(20))),
        (Row(), [None], Apart(held=Decimal(20))),
        (Row(), [Decimal(5)], Apart(available=Decimal(15), held=Decimal(5))),
        (Row(), [Decimal(6)], Apart(available=Decimal(10), held=Decimal(10))),
        (Row(), [Decimal(5), Decimal(5)], Apart(available=Decimal(10), held=Decimal(10))),
        (Row(), [Decimal(500)], Apart(held=Decimal(20))),
        (OPEN, [Decimal(5)], Apart(available=Decimal(3))),
        (OPEN, [Decimal(5), None], Apart(held=Decimal(3))),
        (
            Row(Decimal(3), container_id=7, discard_at=NOW + MOMENT),
            [],
            Apart(available=Decimal(3)),
        ),
        (Row(Decimal(3), container_id=7, discard_at=NOW), [], Apart(past_time=Decimal(3))),
        (Row(Decimal(3), container_id=7, discard_at=NOW), [None], Apart(past_time=Decimal(3))),
        (
            Row(Decimal(3), container_id=7, expiry=TODAY - DAY, discard_at=NOW),
            [],
            Apart(expired=Decimal(3)),
        ),
    ],
)
def test_each_part_of_a_balance_has_one_reason(
    row: Row, holds: Sequence[Decimal | None], expected: Apart
) -> None:
    assert apart(row, holds, today=TODAY, at=NOW) == expected


def test_a_hold_keeps_back_no_more_than_there_is() -> None:
    assert held_of(Row(), [Decimal(15), Decimal(15)]) == 20


@pytest.mark.parametrize(
    ("hold", "reaches"),
    [
        (ActiveHold(None, None, None), True),
        (ActiveHold(1, None, None), True),
        (ActiveHold(2, None, None), False),
        (ActiveHold(1, 5, None), True),
        (ActiveHold(None, 5, None), True),
        (ActiveHold(1, 6, None), False),
    ],
)
def test_a_hold_reaches_its_clinic_and_place(hold: ActiveHold, reaches: bool) -> None:
    assert hold.reaches(1, 5) is reaches


def _hold(lot: Lot, clinic: Clinic | None, **where: object) -> Hold:
    held = Hold(
        lot_id=lot.id,
        clinic_id=clinic.id if clinic else None,
        reason="asked",
        source=HoldSource.MANUAL,
        held_at=NOW,
        **where,
    )
    with transaction():
        db.session.add(held)
    return held


def _place_of(lot: Lot) -> int:
    return db.session.scalars(sa.select(Balance.location_id).where(Balance.lot_id == lot.id)).one()


def _other_place(world: World, lot: Lot) -> int:
    return db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.id != _place_of(lot)
        )
    ).first() or pytest.fail("one place only")


def _everyone_says(world: World, code: str, at: dt.datetime = NOW) -> dict[str, Decimal]:
    """Return what may be drawn by lot, having asked drawing, both levels and the API's shelves."""
    kept = item(world, code)
    sources = drawing.drawable(world.clinic.id, [kept.id], at=at, timezone=world.clinic.timezone)
    with transaction():
        locked, _ = drawing.lock_drawable(
            world.clinic.id, [kept.id], at=at, timezone=world.clinic.timezone
        )
    assert locked == sources
    level = levels([world.clinic.id], [kept.id], now=at).get(
        (world.clinic.id, kept.id), Level(world.clinic.id, kept.id)
    )
    assert level.available == sum(source.quantity for source in sources)
    briefly = available_thousandths(now=at).get((world.clinic.id, kept.id), 0)
    assert briefly == level.available * 1000
    assert level.on_hand == level.available + level.held + level.expired + level.past_time
    [row], _ = stock_page(world.clinic, sku=code, after=None, now=at)
    assert row["available"] == level.available
    fine = sum(lot["on_hand"] for lot in row["lots"] if lot["status"] == "ok")
    assert fine == level.available + level.past_time
    assert not {source.balance_id for source in sources} - _drawable_in_sql(world, at)
    found: dict[str, Decimal] = {}
    for source in sources:
        found[source.lot_number] = found.get(source.lot_number, Decimal(0)) + source.quantity
    return found


def _drawable_in_sql(world: World, at: dt.datetime) -> set[int]:
    """Return the balances that the condition alone lets through: holds are left to the rule."""
    rows = db.session.scalars(
        sa.select(availability.BALANCE.c.id)
        .join(availability.LOT, availability.LOT.c.id == availability.BALANCE.c.lot_id)
        .join(availability.LOCATION)
        .outerjoin(
            availability.CONTAINER,
            availability.CONTAINER.c.id == availability.BALANCE.c.container_id,
        )
        .where(availability.drawable(local_date(at, world.clinic.timezone), at))
    )
    return set(rows)


def test_all_who_ask_hear_the_same_of_holds(world: World) -> None:
    lots = {
        name: stock(world, AMPOULE, "20", lot=name)
        for name in ("FREE", "ALL", "HERE", "PART", "ODD", "ELSE", "THERE", "EVERY", "DONE", "SIS")
    }
    _hold(lots["ALL"], world.clinic)
    _hold(lots["HERE"], world.clinic, location_id=_place_of(lots["HERE"]))
    here = _place_of(lots["PART"])
    _hold(lots["PART"], world.clinic, location_id=here, quantity=Decimal(5))
    _hold(lots["PART"], world.clinic, location_id=here, quantity=Decimal(5))
    _hold(lots["ODD"], world.clinic, location_id=here, quantity=Decimal(6))
    _hold(lots["ELSE"], world.clinic, location_id=_other_place(world, lots["ELSE"]))
    _hold(lots["THERE"], world.clinic, location_id=_other_place(world, lots["THERE"]))
    _hold(lots["EVERY"], None)
    _hold(lots["DONE"], world.clinic, released_at=NOW)
    _hold(lots["SIS"], world.sister)

    assert _everyone_says(world, AMPOULE) == {
        "FREE": 20,
        "PART": 10,
        "ODD": 10,
        "ELSE": 20,
        "THERE": 20,
        "DONE": 20,
        "SIS": 20,
    }


def test_all_who_ask_hear_the_same_on_the_expiry_day_itself(world: World) -> None:
    for name, expiry in (("GONE", TODAY - DAY), ("LAST", TODAY), ("NONE", None)):
        stock(world, AMPOULE, "20", lot=name, expiry=expiry)
    assert _everyone_says(world, AMPOULE) == {"LAST": 20, "NONE": 20}

    midnight = dt.datetime(2026, 6, 15, 21, 0, tzinfo=dt.UTC)
    assert _everyone_says(world, AMPOULE, midnight - MOMENT) == {"LAST": 20, "NONE": 20}
    assert _everyone_says(world, AMPOULE, midnight) == {"NONE": 20}
    assert len(_drawable_in_sql(world, midnight - MOMENT)) == 2
    assert len(_drawable_in_sql(world, midnight)) == 1


def test_all_who_ask_hear_the_same_at_the_instant_a_container_must_go(world: World) -> None:
    lot = stock(world, VIAL, "20")
    with transaction():
        actions.open_container(world.clinic, _place_of(lot), lot.id, actor=world.actor(), now=NOW)
    ends = NOW + dt.timedelta(hours=672)

    assert _everyone_says(world, VIAL, ends - MOMENT) == {"A1": 20}
    assert _everyone_says(world, VIAL, ends) == {}
    assert len(_drawable_in_sql(world, ends - MOMENT)) == 1
    assert _drawable_in_sql(world, ends) == set()
    assert levels(now=ends)[world.clinic.id, item(world, VIAL).id].past_time == 20


def test_what_is_not_on_a_shelf_is_not_available(world: World) -> None:
    lot = stock(world, AMPOULE, "20")
    transit = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.kind == "transit"
        )
    ).one()
    with transaction():
        db.session.execute(
            sa.update(Balance).where(Balance.lot_id == lot.id).values(location_id=transit)
        )

    assert _everyone_says(world, AMPOULE) == {}
