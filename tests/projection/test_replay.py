"""The replay is exact where nothing is left to chance, and lets no policy see what is to come."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import replenishment
from benchmarks.replay import measures
from benchmarks.replay.clairvoyant import Clairvoyant
from benchmarks.replay.ours import Ours
from benchmarks.replay.references import FixedMinMax, RollingAverage, SbaNormal
from benchmarks.replay.series import (
    BadFile,
    Counts,
    World,
    daily_demand,
    read_demand,
    read_lead_times,
    world_of,
)
from benchmarks.replay.shop import Played, Policy, Terms, View, play
from tests.projection.vector import VECTOR

FIRST = dt.date(2022, 1, 1)
JANUARY, FEBRUARY = 31, 28


@pytest.fixture
def demand(tmp_path: Path) -> Path:
    path = tmp_path / "demand.csv"
    lines = [
        f"{name},{FIRST + dt.timedelta(days=day)},{int(digit, 36)}"
        for name, digits in VECTOR.items()
        for day, digit in enumerate(digits)
    ]
    path.write_text("\n".join(["series,date,quantity", *lines]), encoding="utf-8-sig")
    return path


@pytest.fixture
def lead_times(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text("vendor,days\nA,7\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("pack", "life", "factor", "sums", "stock"),
    [
        (5, 365, 1.5, (1365, 0, 70, 1375, 99, 36), 44.8359),
        (50, 20, 1.0, (1091, 1741, 56, 2800, 392, 126), 119.7769),
        (5, 365, 2.0, (1388, 0, 70, 1355, 59, 27), 55.9026),
    ],
)
def test_the_check_vector_is_met_exactly(
    demand: Path,
    lead_times: Path,
    pack: int,
    life: int,
    factor: float,
    sums: tuple[int, ...],
    stock: float,
) -> None:
    world = world_of(demand, lead_times, booked=0, seed=1)
    played = play(world, FixedMinMax((factor,)), Terms(pack, life, 14))
    of = measures.totals(world, played)
    assert of.wanted.sum() == 1430
    counted = (played.met, played.expired, played.orders, played.bought, played.empty, played.short)
    assert tuple(int(counts.sum()) for counts in counted) == sums
    assert round(float(of.stock.sum()), 4) == stock


class Recorded:
    """A policy whose decisions are kept."""

    def __init__(self, policy: Policy) -> None:
        self.policy, self.name, self.knobs = policy, policy.name, policy.knobs
        self.begin = policy.begin
        self.made: list[Counts] = []
        self.seen: list[View] = []

    def decide(self, view: View) -> Counts:
        self.seen.append(view)
        ordered = self.policy.decide(view)
        self.made.append(ordered.copy())
        return ordered


def some_world(series: int = 12, days: int = 420) -> World:
    random = np.random.default_rng(3)
    means = np.linspace(0.05, 4, series)[:, None]
    demand = random.poisson(means * np.ones(days))
    return World(
        names=tuple(f"S{n}" for n in range(series)),
        demand=demand,
        booked=random.binomial(demand, 0.5),
        past_leads=random.integers(2, 9, (series, 12)),
        leads=random.integers(2, 9, (series, days)),
        start=days // 2,
        left_out=0,
    )


def other_future(world: World, day: int) -> World:
    """Return the same world with all demand and bookings from a played day on replaced."""
    demand, booked = world.demand.copy(), world.booked.copy()
    demand[:, world.start + day :] = 9
    booked[:, world.start + day :] = 4
    return World(
        world.names, demand, booked, world.past_leads, world.leads, world.start, world.left_out
    )


@pytest.mark.parametrize("make", [FixedMinMax, RollingAverage, SbaNormal, Ours])
def test_no_policy_sees_beyond_the_bookings_known(make: type[Ours]) -> None:
    world, now = some_world(), 70
    before, after = Recorded(make((0.01, 2.0))), Recorded(make((0.01, 2.0)))
    play(world, before, Terms(5, 60, 14))
    play(other_future(world, now + 28), after, Terms(5, 60, 14))
    assert all(
        np.array_equal(one, other)
        for one, other in zip(before.made[: now + 1], after.made[: now + 1], strict=True)
    )
    assert any(one.any() for one in before.made[: now + 1])
    for day in (0, now):
        begin = world.start + day
        assert np.array_equal(before.seen[day].bookings, world.booked[:, begin : begin + 28])
        assert np.array_equal(before.seen[day].bookings, after.seen[day].bookings)


def test_the_clairvoyant_does_see_it_and_misses_next_to_nothing() -> None:
    world = some_world()
    played = play(world, Clairvoyant(world), Terms(1, 365, 14))
    wanted = world.demand[:, world.start + 60 :].sum()
    assert played.met.sum() >= 0.995 * wanted
    fixed = play(world, FixedMinMax((1.0,)), Terms(1, 365, 14))
    assert played.closing.sum() < fixed.closing.sum()


def test_nothing_appears_or_vanishes() -> None:
    """Opening, bought and expired add up with what was sold and is left, for a fast seller."""
    world = some_world()
    policy = Recorded(Ours((0.002,)))
    play(world, policy, Terms(5, 30, 14))
    for earlier, later in pairwise(policy.seen):
        came = later.received[-1] - earlier.received[-1]
        gone = later.gone - earlier.gone
        assert np.array_equal(later.on_hand, earlier.on_hand + came - gone)
        assert (gone >= later.sold).all()
        assert (later.on_hand >= 0).all()


def test_bookings_are_a_share_of_the_same_demand(demand: Path, lead_times: Path) -> None:
    none, half = (world_of(demand, lead_times, booked=share, seed=1) for share in (0, 0.5))
    assert np.array_equal(none.demand, half.demand)
    assert np.array_equal(none.leads, half.leads)
    assert not none.booked.any()
    assert (half.booked <= half.demand).all()
    assert half.booked.sum() / half.demand.sum() == pytest.approx(0.5, abs=0.05)


def test_chance_belongs_to_seed_and_name(demand: Path, tmp_path: Path) -> None:
    """Leaving a series out changes nothing for the others."""
    leads = tmp_path / "many.csv"
    rows = [f"{vendor},{days}" for vendor in "AB" for days in (2, 5, 9, 30)]
    leads.write_text("\n".join(["vendor,days", *rows]), encoding="utf-8")
    fewer = tmp_path / "fewer.csv"
    kept = [row for row in demand.read_text(encoding="utf-8-sig").split("\n") if row[:2] != "V1"]
    fewer.write_text("\n".join(kept), encoding="utf-8")
    all_four = world_of(demand, leads, booked=0.5, seed=2)
    three = world_of(fewer, leads, booked=0.5, seed=2)
    assert np.array_equal(all_four.leads[1:], three.leads)
    assert np.array_equal(all_four.booked[1:], three.booked)
    assert all_four.leads.max() == 20
    other = world_of(demand, leads, booked=0.5, seed=3)
    assert not np.array_equal(all_four.booked, other.booked)


def test_months_are_spread_over_their_days() -> None:
    series = {"M": {dt.date(2021, month, 1): month * 10 for month in (1, 2, 3)}}
    _names, by_day = daily_demand(series, seed=1)
    assert by_day.shape == (1, 90)
    ends = np.cumsum([0, JANUARY, FEBRUARY, 31])
    sums = [int(by_day[0, a:b].sum()) for a, b in pairwise(ends)]
    assert sums == [10, 20, 30]


def test_weeks_are_spread_over_theirs() -> None:
    monday = dt.date(2024, 1, 1)
    series = {"W": {monday + dt.timedelta(days=7 * week): 14 for week in range(4)}}
    _names, by_day = daily_demand(series, seed=1)
    assert by_day.reshape(4, 7).sum(axis=1).tolist() == [14, 14, 14, 14]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("S,2024-01-01,1.5", "line 2: no whole number: '1.5'"),
        ("S,2024-01-01,", "line 2: no whole number: ''"),
        ("S,01/02/2024,1", "line 2: no date: '01/02/2024'"),
        ("S,2024-01-01,-1", "line 2: a negative quantity"),
    ],
)
def test_a_line_that_is_no_demand_is_named(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"series,date,quantity\n{row}\n", encoding="utf-8")
    with pytest.raises(BadFile, match=said):
        read_demand(path)


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(BadFile, match="the columns are series, date, quantity"):
        read_demand(path)
    with pytest.raises(BadFile, match="the columns are vendor, days"):
        read_lead_times(path)


def test_curves_are_read_between_their_settings() -> None:
    fill, stock = np.array([0.8, 0.9, 1.0]), np.array([10.0, 20.0, 60.0])
    assert measures.between(0.85, fill, stock) == pytest.approx(15)
    assert measures.between(0.95, fill, stock) == pytest.approx(40)
    assert measures.between(0.7, fill, stock) is None


def test_a_comparison_is_at_equal_fill_and_at_equal_stock() -> None:
    nothing = np.zeros(2)
    theirs = measures.Curve(np.array([0.8, 1.0]), np.array([10.0, 30.0]), nothing, nothing + 12)
    ours = measures.Curve(np.array([0.8, 1.0]), np.array([5.0, 25.0]), nothing, nothing + 9)
    at = measures.comparison(theirs, ours, 0.9)
    assert at["stock_ratio"] == pytest.approx(15 / 20)
    assert at["unmet_ratio"] == pytest.approx((1 - 0.95) / (1 - 0.9))
    assert at["orders_ratio"] == pytest.approx(0.75)


def test_the_command_writes_what_was_agreed(
    demand: Path,
    lead_times: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measures, "RESAMPLES", 20)
    lines = demand.read_text(encoding="utf-8-sig").splitlines()
    demand.write_text("\n".join(line for line in lines if line < "V3" or "series" in line))
    out = tmp_path / "out.json"
    given = ["--demand", str(demand), "--lead-times", str(lead_times), "--json", str(out)]
    assert replenishment.main(given) == 0
    figures: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    assert {key: figures[key] for key in ("items", "left_out", "days", "booked", "pack")} == {
        "items": 2,
        "left_out": 0,
        "days": 900,
        "booked": 0.5,
        "pack": 5,
    }
    assert [*figures["policies"]] == [
        "fixed_minmax",
        "rolling_average",
        "sba_normal",
        "ours",
        "clairvoyant",
    ]
    assert [row["knob"] for row in figures["policies"]["sba_normal"]][-1] == 7
    references = {row["reference"] for row in figures["compare"]}
    assert references == {"fixed_minmax", "rolling_average", "sba_normal"}
    assert sorted({row["at_fill"] for row in figures["compare"]}) == [
        0.8,
        0.85,
        0.9,
        0.95,
        0.97,
        0.99,
    ]
    wanted = sum(int(digit, 36) for name in ("V1", "V2") for digit in VECTOR[name][510:])
    knobs = sum(len(settings) for settings in figures["policies"].values())
    assert len(figures["per_item"]) == 2 * knobs
    assert sum(row["wanted"] for row in figures["per_item"]) == wanted * knobs
    assert "one decision of ours" in capsys.readouterr().out


def test_the_command_says_what_is_wrong_with_a_file(
    lead_times: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("series,date,quantity\nS,2024-01-01,x\n", encoding="utf-8")
    assert replenishment.main(["--demand", str(path), "--lead-times", str(lead_times)]) == 2
    assert "line 2: no whole number: 'x'" in capsys.readouterr().err


def test_played_days_are_counted_after_the_warm_up() -> None:
    world = some_world(series=2)
    played: Played = play(world, FixedMinMax((3.0,)), Terms(1, 365, 14))
    measured = world.demand[:, world.start + 60 :]
    assert (played.met <= measured.sum(axis=1)).all()
    assert (played.empty <= measured.shape[1]).all()
