"""What temperatures mean: runs, gaps, excursions, the mean kinetic temperature."""

import datetime as dt
from decimal import Decimal, localcontext
from itertools import count

import pytest

from supply.catalogue.terms import Storage
from supply.coldchain.rules import (
    DayRange,
    Limits,
    Point,
    excursions_of_days,
    judge,
    mean_kinetic,
    standing_of,
    usual_limits,
)
from supply.coldchain.terms import Side, State

START = dt.datetime(2026, 6, 1, 8, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
FRIDGE = usual_limits(Storage.COLD)


def every(minutes: int, *celsius: float, start: dt.datetime = START) -> list[Point]:
    """Return readings so many minutes apart."""
    return [
        Point(start + n * minutes * MINUTE, round(one * 100))
        for n, one in zip(count(), celsius, strict=False)
    ]


def minute(at: dt.datetime | None) -> int | None:
    """Return how many minutes after the start something is."""
    return None if at is None else int((at - START) / MINUTE)


def found(points: list[Point], limits: Limits = FRIDGE) -> list[tuple[object, ...]]:
    """Return excursions as (side, from, to, low, high, minutes out)."""
    return [
        (one.side, minute(one.start), minute(one.end), one.low, one.high, int(one.out / MINUTE))
        for one in judge(points, limits).excursions
    ]


def test_a_range_has_its_bounds_in_it() -> None:
    assert found(every(10, 2, 8, 2, 8, 8, 2)) == []


def test_out_for_longer_than_it_may_be_is_an_excursion() -> None:
    assert found(every(10, 5, 9, 9, 5, 5, 5)) == []
    assert found(every(10, 5, 9, 10.5, 8.01, 5)) == [(Side.WARM, 10, 40, 801, 1050, 30)]
    assert found(every(10, 5, 1.5, 1, 1.9, 5)) == [(Side.COLD, 10, 40, 100, 190, 30)]


def test_freezing_has_no_grace() -> None:
    assert found(every(10, 5, 0, 5)) == []
    assert found(every(10, 5, -0.01, 5)) == [(Side.COLD, 10, 20, -1, -1, 10)]
    assert found(every(10, -16, -20, -16), usual_limits(Storage.FROZEN)) == []
    assert found(every(10, 20, -0.5), usual_limits(Storage.AMBIENT)) == [
        (Side.COLD, 10, None, -50, -50, 0)
    ]


def test_what_goes_on_at_the_end_is_open() -> None:
    assert found(every(10, 5, 9, 9, 9, 9)) == [(Side.WARM, 10, None, 900, 900, 30)]


def test_short_times_out_are_an_excursion_together() -> None:
    """Three times twenty minutes may be; a fourth within 24 hours is one too many."""
    door = (9, 9, 5, 5, 5, 5)
    thrice = every(10, *door, *door, *door)
    assert found(thrice) == []
    four = every(10, *door, *door, *door, *door)
    assert found(four) == [(Side.WARM, 0, 200, 900, 900, 80)]
    late = every(10, *[5] * 144, *door, start=thrice[-1].at + 10 * MINUTE)
    assert found([*thrice, *late]) == []


def test_warm_and_cold_are_counted_apart() -> None:
    assert found(every(10, 9, 9, 5, 9, 9, 5, 1, 1, 5, 1, 1, 5)) == []


def test_a_gap_is_twice_the_usual_interval_and_more() -> None:
    points = every(10, 5, 5, 5, 5)
    points += every(10, 5, 5, start=points[-1].at + 20 * MINUTE)
    points += every(10, 5, 5, start=points[-1].at + 21 * MINUTE)
    judged = judge(points, FRIDGE)
    assert judged.interval == 10 * MINUTE
    assert [(minute(gap.start), minute(gap.end)) for gap in judged.gaps] == [(60, 81)]


def test_what_is_usual_is_told_by_what_is_around() -> None:
    """Thirty minutes apart for a day, then nothing, then every five: one gap, not a hundred."""
    slow = every(30, *[5] * 48)
    quick = every(5, *[5] * 288, start=slow[-1].at + 7 * 24 * 60 * MINUTE)
    judged = judge([*slow, *quick], FRIDGE)
    assert [(gap.start, gap.end) for gap in judged.gaps] == [(slow[-1].at, quick[0].at)]
    assert judged.interval == 5 * MINUTE


def test_what_was_out_before_a_gap_is_not_known_to_be_after() -> None:
    """A logger warms up while it is carried to be read; what follows is unknown, not warm."""
    carried = every(10, 5, 5, 5, 9)
    later = every(10, 5, 5, start=carried[-1].at + 500 * MINUTE)
    [run] = judge([*carried, *later], FRIDGE).runs
    assert (minute(run.end), run.out) == (30, dt.timedelta(0))
    still = every(10, 9, 5, start=carried[-1].at + 500 * MINUTE)
    assert found([*carried, *still]) == [(Side.WARM, 30, 540, 900, 900, 510)]


def test_from_too_warm_to_too_cold() -> None:
    assert found(every(30, 5, 12, 1, 5)) == [
        (Side.WARM, 30, 60, 1200, 1200, 30),
        (Side.COLD, 60, 90, 100, 100, 30),
    ]


def day(number: int, low: int, high: int, warm: int | None = None) -> DayRange:
    begins = START + (number - 1) * dt.timedelta(days=1)
    return DayRange(begins, begins + dt.timedelta(days=1), low, high, warm)


def test_days_of_which_only_the_extremes_are_known() -> None:
    days = [day(1, 400, 700), day(2, 400, 1210, 20), day(3, 400, 1210, 21), day(4, 300, 900)]
    [one] = excursions_of_days(days, FRIDGE)
    assert (one.start, one.end, one.high) == (days[2].start, days[3].end, 1210)
    assert one.out == 21 * MINUTE + dt.timedelta(days=1)
    [frozen] = excursions_of_days([day(1, -10, 500)], FRIDGE)
    assert (frozen.side, frozen.froze) == (Side.COLD, True)


def test_how_a_location_stands() -> None:
    points = every(10, 5, 5, 9, 9)
    run = judge(points, FRIDGE).runs[-1]
    last, now = points[-1], points[-1].at + 20 * MINUTE
    assert standing_of(None, None, 10 * MINUTE, now).state is State.NEVER_READ
    assert standing_of(last, None, 10 * MINUTE, now).state is State.IN_RANGE
    out = standing_of(last, run, 10 * MINUTE, now)
    assert (out.state, out.since, out.side) == (State.OUT, points[2].at, Side.WARM)
    unknown = standing_of(last, run, 10 * MINUTE, now + MINUTE)
    assert (unknown.state, unknown.since) == (State.UNKNOWN, last.at)


def test_the_mean_kinetic_temperature_of_one_is_itself() -> None:
    assert mean_kinetic(every(10, 5, 5, 5), START + 30 * MINUTE) == 500
    assert mean_kinetic(every(10, 5), START) == 500
    assert mean_kinetic([], START) is None


@pytest.mark.parametrize(
    ("celsius", "mean"),
    [((20, 30), 2626), ((2, 8), 554), ((5, 5, 5, 25), 1513), ((15, 20, 25, 30), 2410)],
)
def test_the_mean_kinetic_temperature(celsius: tuple[int, ...], mean: int) -> None:
    """As Haynes' equation worked out with thirty digits says, not with floats."""
    with localcontext() as context:
        context.prec = 30
        heat, gas = Decimal("83.144"), Decimal("0.0083144")
        kelvin = [Decimal(one) + Decimal("273.15") for one in celsius]
        terms = [(-heat / (gas * one)).exp() for one in kelvin]
        exact = heat / gas / -(sum(terms, Decimal(0)) / len(terms)).ln() - Decimal("273.15")
    assert round(exact * 100) == mean
    assert mean_kinetic(every(10, *celsius), START + len(celsius) * 10 * MINUTE) == mean


def test_a_reading_counts_for_as_long_as_it_holds() -> None:
    """Ten minutes at 20 °C and thirty at 30 °C; but a gap holds nothing for longer than usual."""
    points = [Point(START, 2000), Point(START + 10 * MINUTE, 3000)]
    even = mean_kinetic(every(10, 20, 30, 30, 30), START + 40 * MINUTE)
    assert mean_kinetic(points, START + 40 * MINUTE) == even
    assert mean_kinetic(points, START + 40 * MINUTE, 10 * MINUTE) == 2626
