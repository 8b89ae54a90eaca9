"""Opening stock from a file: every row or none, each fault named by row and column."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from supply.db import db, transaction
from supply.inventory.models import Balance, Entry, Lot, Move
from supply.inventory.reversal import reverse
from supply.inventory.verification import verify
from supply.items.models import Item, Location
from supply.opening_stock import importing
from supply.tables import FaultyTable
from tests.factories import AMPOULE, COLD, NEEDLE, NOW, VIAL, World, stock
from tests.support.commands import SupplyCommand

HEADER = "sku,lot,expiry,quantity,location"


def csv(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return end.join([header, *rows, ""]).encode()


def take(world: World, content: bytes, *, dry_run: bool = False) -> importing.StockImport:
    with transaction():
        return importing.import_stock(
            world.clinic,
            importing.read_stock(content, "stock.csv"),
            dry_run=dry_run,
            actor=world.actor(),
            now=NOW,
        )


def faults(world: World, content: bytes) -> list[tuple[int, str]]:
    with pytest.raises(FaultyTable) as caught:
        take(world, content)
    return [(fault.row, fault.column) for fault in caught.value.errors]


def there() -> list[tuple[str, str, str, Decimal]]:
    rows = db.session.execute(
        sa.select(Item.code, Lot.number, Location.name, Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.quantity > sa.literal_column("0"))
        .order_by(Item.code, Lot.number, Location.name)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def count(model: type[Entry | Lot | Item | Move]) -> int:
    return db.session.scalar(sa.select(sa.func.count(model.id))) or 0


def test_rows_become_lots_in_the_first_place_that_fits(world: World) -> None:
    summary = take(
        world,
        csv(
            f"{AMPOULE},TX 1,2027-01-31,25,",
            f"{COLD},P-1,2027-02-28,10.000,",
            f"{NEEDLE},N1,,200,fridge 2–8 °c",
        ),
    )
    assert (summary.rows, summary.items, summary.lots, summary.warnings) == (3, 3, 3, [])
    assert there() == [
        (NEEDLE, "N1", "Fridge 2–8 °C", Decimal(200)),
        (COLD, "P-1", "Fridge 2–8 °C", Decimal(10)),
        (AMPOULE, "TX 1", "Cupboard", Decimal(25)),
    ]
    assert count(Entry) == 1
    assert verify() == []


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + csv(f"{AMPOULE},A,2027-01-31,5,"),
        csv(f"{AMPOULE},A,2027-01-31,5,", end="\r"),
        csv(f"{AMPOULE};A;2027-01-31;5;", header=HEADER.replace(",", ";")),
        csv(f"{AMPOULE},A,2027-01-31,5", header="sku,lot,expiry,quantity"),
    ],
    ids=["byte order mark", "CR line ends", "semicolons", "no location column"],
)
def test_files_as_spreadsheets_write_them(world: World, content: bytes) -> None:
    take(world, content)
    assert there() == [(AMPOULE, "A", "Cupboard", Decimal(5))]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("NOPE,A,2027-01-31,5,", "sku"),
        (f"{AMPOULE},,2027-01-31,5,", "lot"),
        (f"{AMPOULE},A,31/01/2027,5,", "expiry"),
        (f"{AMPOULE},A,2027-02-30,5,", "expiry"),
        (f"{AMPOULE},A,1930-01-31,5,", "expiry"),
        (f"{AMPOULE},A,0027-01-31,5,", "expiry"),
        (f"{AMPOULE},A,2027-11,5,", "expiry"),
        (f"{AMPOULE},A,11/2027,5,", "expiry"),
        (f"{AMPOULE},A,Nov-27,5,", "expiry"),
        (f"{AMPOULE},A,46000,5,", "expiry"),
        (f"{AMPOULE},A,#N/A,5,", "expiry"),
        (f"{AMPOULE},A,2027-01-31,5 ml,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,\u22125,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,(5),", "quantity"),
        (f"{AMPOULE},A,2027-01-31,5%,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,5.0000000000000000000000000000001,", "quantity"),
        ("Total,,,5,", "sku"),
        (f"{AMPOULE},A,2027-01-31,,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,-5,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,0,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,NaN,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,1000000000000,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,5.0001,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,7,", "quantity"),
        (f"{NEEDLE},A,2027-01-31,1.5,", "quantity"),
        (f"{AMPOULE},A,2027-01-31,5,Attic", "location"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_taken_in(world: World, row: str, column: str) -> None:
    assert faults(world, csv(f"{VIAL},OK,2027-01-31,20,", row)) == [(3, column)]
    assert there() == []
    assert (count(Entry), count(Lot), count(Item)) == (0, 0, 0)


def test_a_column_that_nobody_asked_for_is_named(world: World) -> None:
    summary = take(world, csv(f"{AMPOULE},A,2027-01-31,5,x", header=HEADER + "s"))
    assert summary.notes == ["This column was not read: locations."]


def test_a_file_of_unknown_codes_is_refused_with_the_first_thousand(world: World) -> None:
    found = faults(world, csv(*(f"X{at},A,2027-01-31,5," for at in range(1_500))))
    assert found == [(row, "sku") for row in range(2, 1_002)]


def test_every_fault_is_listed(world: World) -> None:
    content = csv("NOPE,A,2027-01-31,5,", f"{AMPOULE},A,soon,5,Attic", f"{AMPOULE},B,2027-01-31,7,")
    assert faults(world, content) == [(2, "sku"), (3, "expiry"), (3, "location"), (4, "quantity")]


def test_a_missing_column_is_named(world: World) -> None:
    assert faults(world, csv("A,1,5", header="sku,lot,quantity")) == [(1, "expiry")]


def test_the_same_lot_twice_in_one_place_is_refused(world: World) -> None:
    content = csv(f"{AMPOULE},A-1,2027-01-31,5,", f"{AMPOULE},a-1,2027-01-31,5,")
    assert faults(world, content) == [(3, "lot")]


def test_a_lot_known_otherwise_is_refused(world: World) -> None:
    stock(world, AMPOULE, "5", lot="A1", expiry=dt.date(2027, 1, 31), clinic=world.sister)
    assert faults(world, csv(f"{AMPOULE},A1,2027-03-31,5,")) == [(2, "expiry")]


def test_an_expired_lot_is_taken_with_a_warning(world: World) -> None:
    summary = take(world, csv(f"{AMPOULE},OLD,2026-06-14,5,"))
    assert summary.warnings == [
        "Row 2: lot OLD expired on 2026-06-14. It is taken in, but not available."
    ]
    assert there() == [(AMPOULE, "OLD", "Cupboard", Decimal(5))]


def test_a_dry_run_changes_nothing(world: World) -> None:
    summary = take(world, csv(f"{AMPOULE},A,2027-01-31,5,"), dry_run=True)
    assert (summary.rows, summary.dry_run, summary.entry) == (1, True, None)
    assert (count(Entry), count(Lot), count(Item)) == (0, 0, 0)


def test_again_for_new_lots_but_not_for_one_that_moved_there(world: World) -> None:
    content = csv(f"{AMPOULE},A,2027-01-31,5,")
    take(world, content)
    assert faults(world, content) == [(2, "lot")]
    take(world, csv(f"{AMPOULE},A,2027-01-31,5,Fridge 2–8 °C", f"{AMPOULE},B,2027-01-31,10,"))
    assert there() == [
        (AMPOULE, "A", "Cupboard", Decimal(5)),
        (AMPOULE, "A", "Fridge 2–8 °C", Decimal(5)),
        (AMPOULE, "B", "Cupboard", Decimal(10)),
    ]


def test_an_import_that_was_undone_may_be_repeated(world: World) -> None:
    content = csv(f"{AMPOULE},A,2027-01-31,5,")
    entry = take(world, content).entry
    assert entry is not None
    with transaction():
        reverse(entry, reason="wrong file", actor=world.actor(), now=NOW)
    take(world, content)
    assert there() == [(AMPOULE, "A", "Cupboard", Decimal(5))]
    assert verify() == []


def test_what_is_exported_can_be_imported_elsewhere(world: World) -> None:
    take(world, csv(f"{AMPOULE},=1+1,2027-01-31,25,", f"{NEEDLE},N1,,200,"))
    text = importing.export_stock(world.clinic)
    assert text.splitlines() == [
        HEADER,
        f"{NEEDLE},N1,,200.000,Cupboard",
        f"{AMPOULE},'=1+1,2027-01-31,25.000,Cupboard",
    ]
    with transaction():
        importing.import_stock(
            world.sister,
            importing.read_stock(text.encode(), "again.csv"),
            actor=world.actor(),
            now=NOW,
        )
    assert importing.export_stock(world.sister) == text


def _many(rows: int) -> Sequence[str]:
    return [f"{AMPOULE},L{number},2027-01-31,5," for number in range(rows)]


def test_ten_thousand_rows_with_one_bad_change_nothing(world: World) -> None:
    rows = list(_many(10_000))
    rows[7_000] = f"{AMPOULE},L7000,2027-01-31,7,"
    assert faults(world, csv(*rows)) == [(7_002, "quantity")]
    assert (count(Entry), count(Lot), count(Move)) == (0, 0, 0)


@pytest.mark.slow
def test_ten_thousand_rows_are_one_entry(world: World) -> None:
    summary = take(world, csv(*_many(10_000)))
    assert (summary.lots, count(Entry), count(Move)) == (10_000, 1, 10_000)
    assert verify() == []


def test_by_command(world: World, supply_command: SupplyCommand, tmp_path: Path) -> None:
    db.session.rollback()
    file = tmp_path / "stock.csv"
    file.write_bytes(csv(f"{AMPOULE},A,2099-01-31,5,"))
    arguments = ("import", "stock", str(file), "--clinic", world.clinic.code)
    db.session.rollback()
    tried = supply_command.run(*arguments, "--dry-run", "--json")
    assert tried.returncode == 0, tried.stderr
    assert there() == []
    db.session.rollback()
    done = supply_command.run(*arguments)
    assert done.returncode == 0, done.stderr
    again = supply_command.run(*arguments)
    assert again.returncode == 1
    assert "stock.csv: Row 2, lot" in again.stderr
    odd = tmp_path / os.fsdecode(b"b\xe4d\n.csv")
    odd.write_bytes(csv(f"{AMPOULE},A,#REF!,5,"))
    refused = supply_command.run("import", "stock", str(odd), "--clinic", world.clinic.code)
    assert refused.returncode == 1
    assert refused.stderr.startswith("b\ufffdd\ufffd.csv: Row 2, expiry: This cell shows an error.")
    exported = supply_command.run("export", "stock", "--clinic", "riga")
    assert exported.stdout.splitlines() == [HEADER, f"{AMPOULE},A,2099-01-31,5.000,Cupboard"]
    verified = supply_command.run("ledger", "verify", "--json")
    assert verified.returncode == 0
    assert '"moves": 1' in verified.stdout
