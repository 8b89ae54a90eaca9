"""What stock cost: exact shares, frozen with each move, never repriced."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from supply.accounts.models import Clinic
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory.costs import NOT_KNOWN, Cost, alike, given_back, share
from supply.inventory.models import Balance, Entry, Move
from supply.inventory.reversal import reverse
from supply.inventory.terms import WasteCause
from supply.inventory.verification_costs import verify_costs
from supply.inventory.worth import last_costs, worth_of_lots
from supply.items.models import Location
from supply.money import Money
from tests.factories import AMPOULE, NEEDLE, NOW, World, item, stock


@given(
    st.integers(1, 10**7),
    st.integers(0, 10**7),
    st.integers(0, 10**9),
    st.lists(st.integers(1, 10**6)),
)
def test_shares_add_up_to_what_was_there(
    there: int, known: int, minor: int, parts: list[int]
) -> None:
    whole = Decimal(there) / 1000
    costed = min(Decimal(known) / 1000, whole)
    left = Cost(costed, minor if costed else 0)
    total = left
    taken = []
    for part in [*parts, there]:
        quantity = min(Decimal(part) / 1000, whole)
        if not quantity:
            break
        cost = share(whole, left, quantity)
        assert 0 <= cost.costed <= quantity
        assert cost.minor == 0 or cost.costed > 0
        taken.append(cost)
        whole -= quantity
        left = Cost(left.costed - cost.costed, left.minor - cost.minor)
        assert 0 <= left.costed <= whole
        assert left.minor == 0 or left.costed > 0
    assert whole == 0
    assert left == NOT_KNOWN
    assert sum(cost.minor for cost in taken) == total.minor


@pytest.mark.parametrize(
    ("there", "cost", "quantity", "expected"),
    [
        ("3", Cost(Decimal(3), 1000), "1", Cost(Decimal(1), 333)),
        ("2", Cost(Decimal(2), 667), "1", Cost(Decimal(1), 334)),
        ("2", Cost(Decimal(2), 665), "1", Cost(Decimal(1), 332)),
        ("1", Cost(Decimal(1), 333), "1", Cost(Decimal(1), 333)),
        ("10", NOT_KNOWN, "4", NOT_KNOWN),
        ("10", Cost(Decimal(5), 500), "4", Cost(Decimal(2), 200)),
    ],
)
def test_a_share_is_rounded_half_to_even(
    there: str, cost: Cost, quantity: str, expected: Cost
) -> None:
    assert share(Decimal(there), cost, Decimal(quantity)) == expected


def test_more_of_the_same_costs_alike_and_nothing_is_invented() -> None:
    assert alike(Cost(Decimal(4), 100), Decimal(2)) == Cost(Decimal(2), 50)
    assert alike(NOT_KNOWN, Decimal(2)) == NOT_KNOWN


def test_an_undo_leaves_nothing_over_in_an_empty_place() -> None:
    # 10 for 100 and 10 for 200, of which 10 for 150 were drawn since.
    there = Cost(Decimal(10), 150)
    assert given_back(Decimal(10), there, Decimal(10), Cost(Decimal(10), 100)) == there
    assert given_back(Decimal(20), Cost(Decimal(20), 300), Decimal(10), Cost(Decimal(10), 100)) == (
        Cost(Decimal(10), 100)
    )


def balance(clinic: Clinic, code: str) -> list[tuple[Decimal, Decimal, int]]:
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Balance.quantity, Balance.costed, Balance.cost_minor)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.clinic_id == clinic.id, Balance.item_id == item_id(code))
        .order_by(Balance.id)
    )
    return [(row.quantity, row.costed, row.cost_minor) for row in rows]


def item_id(code: str) -> int:
    from supply.items.models import Item

    found = db.session.scalar(sa.select(Item.id).where(Item.code == code))
    assert found is not None
    return found


def waste(world: World, code: str, quantity: str, clinic: Clinic | None = None) -> int:
    clinic = clinic or world.clinic
    row = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id).where(
            Balance.clinic_id == clinic.id, Balance.item_id == item_id(code)
        )
    ).one()
    with transaction():
        return actions.waste(
            clinic,
            (row.location_id, row.lot_id, None),
            Decimal(quantity),
            cause=WasteCause.DAMAGED,
            actor=world.actor(),
            now=NOW,
        )


def cost_of(entry_id: int) -> list[tuple[Decimal, int]]:
    rows = db.session.execute(
        sa.select(Move.costed, Move.cost_minor).where(Move.entry_id == entry_id).order_by(Move.id)
    )
    return [(row.costed, row.cost_minor) for row in rows]


def test_a_later_receipt_reprices_nothing(world: World) -> None:
    stock(world, NEEDLE, "100", cost_minor=10)
    first = waste(world, NEEDLE, "50")
    assert cost_of(first) == [(Decimal(50), 500)]

    stock(world, NEEDLE, "50", cost_minor=30)

    assert cost_of(first) == [(Decimal(50), 500)]
    assert balance(world.clinic, NEEDLE) == [(Decimal(100), Decimal(100), 2000)]
    assert cost_of(waste(world, NEEDLE, "25")) == [(Decimal(25), 500)]
    assert cost_of(waste(world, NEEDLE, "75")) == [(Decimal(75), 1500)]
    assert verify_costs() == []


def test_each_clinic_has_its_own_cost_of_a_lot(world: World) -> None:
    with transaction():
        db.session.merge(world.sister).currency = "GBP"
    stock(world, AMPOULE, "10", cost_minor=450)
    stock(world, AMPOULE, "10", clinic=world.sister, cost_minor=300)

    assert cost_of(waste(world, AMPOULE, "5")) == [(Decimal(5), 450)]
    assert cost_of(waste(world, AMPOULE, "5", world.sister)) == [(Decimal(5), 300)]
    here = worth_of_lots(world.clinic.id, item_id(AMPOULE), "EUR")
    there = worth_of_lots(world.sister.id, item_id(AMPOULE), "GBP")
    assert [found.money for found in here.values()] == [Money(450, "EUR")]
    assert [found.money for found in there.values()] == [Money(300, "GBP")]
    assert last_costs(world.clinic.id, [item_id(AMPOULE)]) == {item_id(AMPOULE): Decimal(90)}


def test_stock_without_a_cost_is_not_known_never_zero(world: World) -> None:
    stock(world, NEEDLE, "60")
    stock(world, NEEDLE, "40", cost_minor=10)

    assert balance(world.clinic, NEEDLE) == [(Decimal(100), Decimal(40), 400)]
    (found,) = worth_of_lots(world.clinic.id, item_id(NEEDLE), "EUR").values()
    assert (found.money, found.whole) == (Money(400, "EUR"), False)
    assert cost_of(waste(world, NEEDLE, "50")) == [(Decimal(20), 200)]


def test_an_undo_gives_back_the_same_cost(world: World) -> None:
    stock(world, NEEDLE, "90", cost_minor=10)
    entry = waste(world, NEEDLE, "30")
    stock(world, NEEDLE, "40", cost_minor=100)
    with transaction():
        undone = reverse(entry, reason="Slip", actor=world.actor(), now=NOW)

    assert cost_of(undone) == [(Decimal(30), 300)]
    assert balance(world.clinic, NEEDLE) == [(Decimal(130), Decimal(130), 4900)]


def test_undoing_a_receipt_takes_its_own_cost_out(world: World) -> None:
    stock(world, NEEDLE, "10", cost_minor=10)
    stock(world, NEEDLE, "10", cost_minor=20)
    receipts = db.session.scalars(sa.select(Entry.id).order_by(Entry.id)).all()
    with transaction():
        reverse(receipts[0], reason="Slip", actor=world.actor(), now=NOW)
    assert balance(world.clinic, NEEDLE) == [(Decimal(10), Decimal(10), 200)]

    waste(world, NEEDLE, "10")
    assert balance(world.clinic, NEEDLE) == [(Decimal(0), Decimal(0), 0)]
    assert verify_costs() == []


def test_what_a_correction_finds_cost_as_much_as_what_lies_there(world: World) -> None:
    lot = stock(world, NEEDLE, "10", cost_minor=10)
    place = db.session.scalars(sa.select(Balance.location_id)).one()
    for counted in ("6", "10"):
        with transaction():
            actions.correct(
                world.clinic,
                (place, lot.id, None),
                Decimal(counted),
                reason="Counted",
                actor=world.actor(),
                now=NOW + dt.timedelta(seconds=int(counted)),
            )
    assert balance(world.clinic, NEEDLE) == [(Decimal(10), Decimal(10), 100)]
    assert verify_costs() == []


def test_a_changed_cost_is_found(world: World) -> None:
    lot = stock(world, NEEDLE, "10", cost_minor=10)
    with transaction():
        db.session.execute(sa.update(Balance).values(cost_minor=99))
    place = db.session.scalars(sa.select(Balance.location_id)).one()
    assert verify_costs() == [
        f"location {place}, lot {lot.id}, container None: the moves say 100 minor units for "
        "10.000, the balance 99 minor units for 10.000"
    ]


def test_the_last_known_cost_is_of_the_clinic_that_asks(world: World) -> None:
    stock(world, NEEDLE, "100", cost_minor=18)
    stock(world, NEEDLE, "100", lot="B", clinic=world.sister, cost_minor=99)
    stock(world, NEEDLE, "100", lot="C")
    wanted = item(world, NEEDLE).id
    assert last_costs(world.clinic.id, [wanted]) == {wanted: Decimal(18)}
