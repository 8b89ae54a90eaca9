"""Decisions on orders."""

import datetime as dt

import pytest

from supply.money import Money
from supply.ordering import rules
from supply.ordering.rules import Coming, Counters
from supply.ordering.terms import OrderStatus, Stage

TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("stage", "lines", "status"),
    [
        (Stage.DRAFT, [Counters(3)], OrderStatus.DRAFT),
        (Stage.AWAITING_APPROVAL, [Counters(3)], OrderStatus.AWAITING_APPROVAL),
        (Stage.PLACED, [Counters(3)], OrderStatus.PLACED),
        (Stage.ACKNOWLEDGED, [Counters(3)], OrderStatus.ACKNOWLEDGED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=1)], OrderStatus.PARTLY_SHIPPED),
        (Stage.PLACED, [Counters(3, shipped=1)], OrderStatus.PARTLY_SHIPPED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=1, received=1)], OrderStatus.PARTLY_SHIPPED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=3), Counters(1)], OrderStatus.PARTLY_SHIPPED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=3)], OrderStatus.SHIPPED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=3, received=2)], OrderStatus.SHIPPED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=2, cancelled=1)], OrderStatus.SHIPPED),
        (Stage.ACKNOWLEDGED, [Counters(3, shipped=3, received=3)], OrderStatus.RECEIVED),
        (Stage.CLOSED, [Counters(3, shipped=3, received=3)], OrderStatus.CLOSED),
        (Stage.CANCELLED, [Counters(3, cancelled=3)], OrderStatus.CANCELLED),
        (Stage.DECLINED, [Counters(3, cancelled=3)], OrderStatus.DECLINED),
    ],
)
def test_status(stage: Stage, lines: list[Counters], status: OrderStatus) -> None:
    assert rules.order_status(stage, lines) is status


@pytest.mark.parametrize(
    ("lines", "stage"),
    [
        ([Counters(3)], None),
        ([Counters(3, shipped=3)], None),
        ([Counters(3, shipped=2, cancelled=1)], None),
        ([Counters(3, shipped=3, received=3), Counters(1)], None),
        ([Counters(3, shipped=2, received=2, cancelled=1)], Stage.CLOSED),
        ([Counters(3, shipped=3, received=3), Counters(1, cancelled=1)], Stage.CLOSED),
        ([Counters(3, cancelled=3)], Stage.CANCELLED),
    ],
)
def test_ending(lines: list[Counters], stage: Stage | None) -> None:
    assert rules.ending(lines) is stage


@pytest.mark.parametrize(
    ("total", "limit", "asked"),
    [(100, None, False), (100, 100, False), (101, 100, True), (1, 0, True), (0, 0, False)],
)
def test_only_what_is_over_the_limit_needs_approval(
    total: int, limit: int | None, asked: bool
) -> None:
    most = None if limit is None else Money(limit, "EUR")
    assert rules.needs_approval(Money(total, "EUR"), most) is asked


def test_sums_of_two_currencies_are_not_compared() -> None:
    assert rules.needs_approval(Money(1, "GBP"), Money(100_000, "EUR"))
    assert not rules.needs_approval(Money(1, "GBP"), None)


@pytest.mark.parametrize(
    ("number", "valid_to", "covered"),
    [
        ("L-1", TODAY, True),
        ("L-1", TODAY - dt.timedelta(days=1), False),
        ("L-1", None, False),
        (None, TODAY, False),
        ("", TODAY, False),
    ],
)
def test_a_licence_covers_through_its_last_day(
    number: str | None, valid_to: dt.date | None, covered: bool
) -> None:
    assert rules.licence_covers(number, valid_to, TODAY) is covered


@pytest.mark.parametrize(
    ("lines", "day", "held_up_by"),
    [
        ([Coming(3), Coming(8), Coming(5)], dt.date(2026, 11, 30), []),
        ([], TODAY, []),
        ([Coming(8), Coming(3, dt.date(2026, 12, 12))], dt.date(2026, 12, 15), [1]),
        ([Coming(0, dt.date(2026, 12, 12))], dt.date(2026, 12, 12), [0]),
        ([Coming(8), Coming(3, dt.date(2026, 11, 27))], dt.date(2026, 11, 30), []),
        ([Coming(3, dt.date(2026, 11, 20))], dt.date(2026, 11, 25), []),
        ([Coming(23), Coming(3, dt.date(2026, 12, 12))], dt.date(2026, 12, 15), []),
        (
            [Coming(1, dt.date(2026, 12, 14)), Coming(2), Coming(3, dt.date(2026, 12, 12))],
            dt.date(2026, 12, 15),
            [0, 2],
        ),
    ],
)
def test_an_order_is_expected_when_its_slowest_line_is(
    lines: list[Coming], day: dt.date, held_up_by: list[int]
) -> None:
    assert rules.expected_on(TODAY, lines) == day
    assert rules.held_up_by(TODAY, lines) == held_up_by


@pytest.mark.parametrize(
    ("there", "added", "minimum", "raise_to", "packs"),
    [
        (0, 1, 1, False, 1),
        (2, 3, 1, False, 5),
        (2, 3, 1, True, 3),
        (4, 3, 1, True, 4),
        (0, 1, 5, False, 5),
        (0, 1, 5, True, 5),
    ],
)
def test_merging_packs(there: int, added: int, minimum: int, raise_to: bool, packs: int) -> None:
    assert rules.merged_packs(there, added, minimum, raise_to=raise_to) == packs
