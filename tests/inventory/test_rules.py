"""Decisions on stock, at their edges: what is drawn first, what is wasted, when it must go."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from supply.catalogue.terms import Dose, Storage
from supply.inventory import rules
from supply.inventory.rules import Source

NOW = dt.datetime(2026, 6, 15, 9, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 6, 15)
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def source(
    number: int,
    quantity: str = "5",
    *,
    opened: bool = False,
    expiry: dt.date | None = TODAY + 100 * DAY,
    discard_at: dt.datetime | None = None,
    came: dt.datetime = NOW - 30 * DAY,
    content: str = "5",
) -> Source:
    """Return a source whose ids are ``number``."""
    return Source(
        balance_id=number,
        item_id=1,
        lot_id=number,
        lot_number=f"L{number}",
        location_id=1,
        container_id=number if opened else None,
        quantity=Decimal(quantity),
        content=Decimal(content),
        expiry=expiry,
        discard_at=discard_at,
        first_in_at=came,
    )


def drawn_first(*sources: Source) -> list[int]:
    """Return in which order they are drawn, whatever order they come in."""
    forwards = [found.balance_id for found in rules.fefo(sources)]
    assert [found.balance_id for found in rules.fefo(reversed(sources))] == forwards
    return forwards


def test_the_late_lot_that_came_first_waits_for_the_soon_one() -> None:
    late = source(1, expiry=TODAY + 900 * DAY, came=NOW - 90 * DAY)
    undated = source(2, expiry=None, came=NOW - 95 * DAY)
    soon = source(3, expiry=TODAY + DAY, came=NOW - DAY)
    assert drawn_first(late, undated, soon) == [3, 1, 2]


def test_of_one_expiry_the_first_that_came_is_drawn_first() -> None:
    newer = source(1, came=NOW - DAY)
    older = source(2, came=NOW - 2 * DAY)
    assert drawn_first(newer, older) == [2, 1]


def test_open_ones_go_first_the_earliest_to_discard_first() -> None:
    sealed = source(1, expiry=TODAY, came=NOW - 90 * DAY)
    open_long = source(2, opened=True, discard_at=None)
    open_late = source(3, opened=True, discard_at=NOW + 9 * HOUR, expiry=TODAY + DAY)
    open_soon = source(4, opened=True, discard_at=NOW + HOUR, expiry=TODAY + 500 * DAY)
    assert drawn_first(sealed, open_long, open_late, open_soon) == [4, 3, 2, 1]


def test_a_lot_is_usable_through_its_expiry_date() -> None:
    assert not rules.is_expired(TODAY, TODAY)
    assert rules.is_expired(TODAY - DAY, TODAY)
    assert not rules.is_expired(None, TODAY)


@pytest.mark.parametrize(
    ("dose", "opened", "needed", "drawn"),
    [
        (Dose.SINGLE, False, "0.12", ("0.12", "4.88", 1)),
        (Dose.SINGLE, False, "5", ("5", "0", 1)),
        (Dose.SINGLE, True, "2", ("2", "3", 0)),
        (Dose.MULTI, False, "2", ("2", "0", 1)),
        (Dose.MULTI, True, "2", ("2", "0", 0)),
        (Dose.NONE, False, "2", ("2", "0", 1)),
    ],
)
def test_what_one_patient_leaves_of_a_single_dose_is_wasted(
    dose: Dose, opened: bool, needed: str, drawn: tuple[str, str, int]
) -> None:
    [draw] = rules.pick([source(1, opened=opened)], Decimal(needed), dose).draws
    taken, wasted, containers = drawn
    assert (draw.taken, draw.wasted, draw.containers) == (
        Decimal(taken),
        Decimal(wasted),
        containers,
    )


def test_pieces_are_not_opened() -> None:
    [draw] = rules.pick([source(1, "9", content="1")], Decimal(4), Dose.NONE).draws
    assert (draw.taken, draw.wasted, draw.containers) == (Decimal(4), Decimal(0), 0)


def test_what_is_not_there_is_said() -> None:
    picked = rules.pick([source(1), source(2)], Decimal(12), Dose.MULTI)
    assert [draw.taken for draw in picked.draws] == [Decimal(5), Decimal(5)]
    assert picked.short == 2


@pytest.mark.parametrize(
    ("dead_space", "left"), [("1", [("5", "0"), ("1", "1")]), ("3", [("4", "1"), ("0", "2")])]
)
def test_the_dead_space_is_lost_from_what_is_drawn_last(
    dead_space: str, left: list[tuple[str, str]]
) -> None:
    picked = rules.pick([source(1), source(2)], Decimal(7), Dose.MULTI)
    draws = rules.waste_dead_space(picked.draws, Decimal(dead_space))
    assert [(d.taken, d.wasted) for d in draws] == [(Decimal(t), Decimal(w)) for t, w in left]


@pytest.mark.parametrize(
    ("opening", "storage", "injectable", "hours"),
    [
        ([(None, 8), (Storage.COLD, 24)], Storage.COLD, True, 24),
        ([(None, 8), (Storage.COLD, 24)], Storage.AMBIENT, True, 8),
        ([(Storage.AMBIENT, 2), (Storage.COLD, 8)], Storage.FROZEN, True, 2),
        ([], Storage.AMBIENT, True, 672),
        ([], Storage.AMBIENT, False, None),
    ],
)
def test_how_long_an_opened_container_lasts(
    opening: list[tuple[Storage | None, int]],
    storage: Storage,
    injectable: bool,
    hours: int | None,
) -> None:
    assert rules.discard_hours(opening, storage, injectable=injectable) == hours


@pytest.mark.parametrize(
    ("hours", "expiry_ends", "ends"),
    [
        (8, NOW + 20 * HOUR, NOW + 8 * HOUR),
        (8, NOW + 2 * HOUR, NOW + 2 * HOUR),
        (None, NOW + 2 * HOUR, NOW + 2 * HOUR),
        (8, None, NOW + 8 * HOUR),
        (None, None, None),
        (8, NOW - HOUR, NOW),
    ],
)
def test_it_must_go_by_the_earlier_of_its_clock_and_its_expiry(
    hours: int | None, expiry_ends: dt.datetime | None, ends: dt.datetime | None
) -> None:
    assert rules.discard_at(NOW, hours, expiry_ends) == ends
