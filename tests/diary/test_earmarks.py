"""Which lots booked sessions will draw: cases worked by hand, without a database."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from supply.catalogue.terms import Dose
from supply.diary.earmarks import Visit, Wanted, earmarked
from supply.inventory.drawing import UsedItem
from supply.inventory.rules import Source
from supply.quantity import Unit

MONDAY = dt.date(2026, 6, 15)
AMPOULE = UsedItem(1, "AMP", "Ampoule", Unit.ML, Dose.SINGLE, injectable=True)
VIAL = UsedItem(2, "VIAL", "Vial", Unit.ML, Dose.MULTI, injectable=True)
NEEDLE = UsedItem(3, "NDL", "Needle", Unit.EACH, Dose.NONE, injectable=False)
WIPES = UsedItem(4, "WIPE", "Wipes", Unit.EACH, Dose.NONE, injectable=False, tracked=False)
CONTENT = {1: Decimal(5), 2: Decimal(20), 3: Decimal(1), 4: Decimal(1)}
HOURS = 8


def source(
    item: UsedItem,
    lot: int,
    quantity: str,
    *,
    expiry: dt.date | None = dt.date(2027, 1, 1),
    discard_at: dt.datetime | None = None,
) -> Source:
    return Source(
        balance_id=lot,
        item_id=item.id,
        lot_id=lot,
        lot_number=f"L{lot}",
        location_id=1,
        container_id=lot if discard_at else None,
        quantity=Decimal(quantity),
        content=CONTENT[item.id],
        expiry=expiry,
        discard_at=discard_at,
        first_in_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )


def at(hour: int, day: dt.date = MONDAY) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def visit(number: int, *wanted: tuple[UsedItem, str], hour: int = 9, days: int = 0) -> Visit:
    day = MONDAY + dt.timedelta(days=days)
    takes = [Wanted(item, Decimal(quantity), CONTENT[item.id]) for item, quantity in wanted]
    return Visit(number, day, at(hour, day), takes)


def opening(_item: UsedItem, _source: Source, instant: dt.datetime) -> dt.datetime:
    return instant + dt.timedelta(hours=HOURS)


def said(visits: list[Visit], sources: list[Source]) -> dict[int, list[tuple[str, str, str]]]:
    """Return by session (needed, the lots with how much, short) of each line."""
    return {
        number: [
            (
                f"{line.needed.normalize():f}",
                " ".join(f"{lot.lot_number}:{lot.quantity.normalize():f}" for lot in line.lots),
                f"{line.short.normalize():f}",
            )
            for line in lines
        ]
        for number, lines in earmarked(visits, sources, opening).items()
    }


def test_a_single_dose_container_serves_one_session() -> None:
    """0.12 ml each, and two ampoules for three sessions: the third needs an ampoule more."""
    visits = [visit(n, (AMPOULE, "0.12")) for n in (1, 2, 3)]
    soon, later = source(AMPOULE, 1, "5", expiry=dt.date(2026, 7, 1)), source(AMPOULE, 2, "5")
    assert said(visits, [later, soon]) == {
        1: [("5", "L1:5", "0")],
        2: [("5", "L2:5", "0")],
        3: [("5", "", "5")],
    }


def test_a_need_of_more_than_one_ampoule_takes_whole_ones() -> None:
    assert said([visit(1, (AMPOULE, "7"))], [source(AMPOULE, 1, "5")]) == {1: [("10", "L1:5", "5")]}


def test_a_multi_dose_vial_is_shared_inside_its_window() -> None:
    """One vial of 20 ml, opened at nine and good for eight hours; a second one next day."""
    visits = [
        visit(1, (VIAL, "6"), hour=9),
        visit(2, (VIAL, "6"), hour=16),
        visit(3, (VIAL, "6"), hour=17),
        visit(4, (VIAL, "6"), hour=9, days=1),
    ]
    assert said(visits, [source(VIAL, 1, "40")]) == {
        1: [("6", "L1:6", "0")],
        2: [("6", "L1:6", "0")],
        3: [("6", "L1:6", "0")],
        4: [("6", "", "6")],
    }


def test_what_is_open_is_used_first_while_it_may_be() -> None:
    there = source(VIAL, 1, "8", discard_at=at(12))
    sealed = source(VIAL, 2, "20")
    assert said([visit(1, (VIAL, "6"), hour=11), visit(2, (VIAL, "6"), hour=12)],
                [sealed, there]) == {1: [("6", "L1:6", "0")], 2: [("6", "L2:6", "0")]}  # fmt: skip


@pytest.mark.parametrize(
    ("expiry", "short"), [(dt.date(2026, 6, 17), "0"), (dt.date(2026, 6, 16), "3")]
)
def test_stock_that_expires_before_a_session_is_not_there_for_it(
    expiry: dt.date, short: str
) -> None:
    """Usable through its expiry date: there are 20 ml today, and none on Wednesday."""
    found = said([visit(1, (VIAL, "3"), days=2)], [source(VIAL, 1, "20", expiry=expiry)])
    assert found[1][0][2] == short


def test_what_falls_short_still_takes_what_there_is() -> None:
    visits = [visit(1, (NEEDLE, "7")), visit(2, (NEEDLE, "7"))]
    assert said(visits, [source(NEEDLE, 1, "4"), source(NEEDLE, 2, "5")]) == {
        1: [("7", "L1:4 L2:3", "0")],
        2: [("7", "L2:2", "5")],
    }


def test_what_is_not_tracked_is_no_line_and_what_is_optional_does_not_prevent() -> None:
    wanted = [
        Wanted(WIPES, Decimal(1), Decimal(1)),
        Wanted(NEEDLE, Decimal(1), Decimal(1), optional=True),
        Wanted(VIAL, Decimal(1), Decimal(20)),
    ]
    lines = earmarked([Visit(1, MONDAY, at(9), wanted)], [], opening)
    assert [line.item.code for line in lines[1]] == ["NDL", "VIAL"]
    assert [line.item.code for line in lines[1] if line.prevents] == ["VIAL"]
