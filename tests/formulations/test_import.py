"""Importing formulations and protocols: all rows or none of both files."""

from __future__ import annotations

from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.actor import SYSTEM
from supply.db import db, transaction
from supply.formulations.models import Formulation, FormulationVersion
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.tables import Fault, FaultyFiles
from supply.treatments.models import Protocol
from supply.treatments.protocols import File, import_formulations_and_protocols, read_files
from tests.factories import AMPOULE, BIOTIN, CREAM, NEEDLE, NOW, World

LINES = f"""formulation,sku,quantity,unit,substitute_for,per,optional,dead_space
HAIR-4,{BIOTIN},1.5,ml,,,,0.05
HAIR-4,{NEEDLE},2,each,,area,,
HAIR-4,{CREAM},5,g,,,yes,
HAIR-4,{AMPOULE},0.125,ml,{BIOTIN},,,
FACE-1,{AMPOULE},0.12,ml,,,,
"""
DAYS = """protocol,name,concern,formulation,session_days,sessions_min,maintenance_days,evidence
HAIR-M7,Hair in seven,hair_loss,HAIR-4,0 7 14 21 35 49 77,7,90,"small, positive"
FACE-3,Face in three,hydration,FACE-1,0 30 60,,,
"""


def take(world: World, lines: str = LINES, days: str = DAYS) -> dict[str, dict[str, int]]:
    with transaction():
        return import_formulations_and_protocols(
            *read_files(File("lines.csv", lines.encode()), File("days.csv", days.encode())),
            world.practice,
            actor=SYSTEM,
            now=NOW,
        )


def formulation(code: str) -> Formulation:
    return db.session.scalars(sa.select(Formulation).where(Formulation.code == code)).one()


def says(version: FormulationVersion) -> list[tuple[str, Decimal]]:
    return [(line.item.code, line.quantity) for line in version.lines]


COUNTS = {"added": 0, "changed": 0, "unchanged": 0}


def test_both_files_become_formulations_and_protocols(world: World) -> None:
    assert take(world) == {
        "formulations": {**COUNTS, "added": 2},
        "protocols": {**COUNTS, "added": 2},
    }
    hair = formulation("HAIR-4")
    assert (hair.name, hair.concern) == ("Hair in seven", "hair_loss")
    [version] = hair.versions
    assert (version.number, version.frozen_at) == (1, None)
    biotin, needle, cream = version.lines
    assert (biotin.quantity, biotin.dead_space) == (Decimal("1.500"), Decimal("0.050"))
    assert (needle.per, needle.optional, cream.optional) == (Per.AREA, False, True)
    assert [(other.item.code, other.quantity) for other in biotin.substitutes] == [
        (AMPOULE, Decimal("0.125"))
    ]
    protocol = db.session.scalars(sa.select(Protocol).where(Protocol.code == "HAIR-M7")).one()
    assert [day.day for day in protocol.days] == [0, 7, 14, 21, 35, 49, 77]
    assert (protocol.maintenance_days, protocol.sessions_minimum) == (90, 7)
    assert (protocol.formulation_id, protocol.evidence) == (hair.id, "small, positive")


def test_the_same_files_again_change_nothing(world: World) -> None:
    take(world)
    reordered = "\n".join([LINES.splitlines()[0], *reversed(LINES.splitlines()[1:])])
    for lines in (LINES, reordered):
        assert take(world, lines) == {
            "formulations": {**COUNTS, "unchanged": 2},
            "protocols": {**COUNTS, "unchanged": 2},
        }
    assert len(formulation("HAIR-4").versions) == 1


def test_other_lines_make_a_new_version_and_keep_the_old_one(world: World) -> None:
    take(world)
    counts = take(world, LINES.replace("1.5,ml", "2,ml"))
    assert counts["formulations"] == {**COUNTS, "changed": 1, "unchanged": 1}
    first, second = formulation("HAIR-4").versions
    assert says(first)[0] == (BIOTIN, Decimal("1.500"))
    assert says(second)[0] == (BIOTIN, Decimal("2.000"))


def test_another_schedule_changes_the_protocol(world: World) -> None:
    take(world)
    days = DAYS.replace("0 30 60", "0 28 60").replace("Face in three", "Face thrice")
    assert take(world, days=days)["protocols"] == {**COUNTS, "changed": 1, "unchanged": 1}
    protocol = db.session.scalars(sa.select(Protocol).where(Protocol.code == "FACE-3")).one()
    assert ([day.day for day in protocol.days], protocol.name) == ([0, 28, 60], "Face thrice")
    assert formulation("FACE-1").name == "Face thrice"


def test_a_formulation_without_a_protocol_is_called_by_its_code(world: World) -> None:
    take(world, LINES + f"LONE,{NEEDLE},1,each,,,,\n")
    assert (formulation("LONE").name, formulation("LONE").concern) == ("LONE", "")


HEAD = "formulation,sku,quantity,unit,substitute_for,per,optional,dead_space\n"
GOOD = f"FACE-1,{AMPOULE},1,ml,,,,\nHAIR-4,{BIOTIN},1,ml,,,,\n"


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        ("FACE-1,NOPE,1,ml,,,,", "sku", "Neither your items nor a catalogue has this SKU."),
        (f",{NEEDLE},1,each,,,,", "formulation", "This cell is empty."),
        ("FACE-1,,1,ml,,,,", "sku", "This cell is empty."),
        (
            f"{'F' * 81},{BIOTIN},1,ml,,,,",
            "formulation",
            "Use at most 80 letters, digits, - . _ and /, without spaces.",
        ),
        (f"FACE-1,{BIOTIN},1,g,,,,", "unit", "This item is kept in ml."),
        (f"FACE-1,{BIOTIN},0,ml,,,,", "quantity", "Enter a quantity above zero."),
        (f"FACE-1,{BIOTIN},-1,ml,,,,", "quantity", "Enter a quantity above zero."),
        (f"FACE-1,{BIOTIN},NaN,ml,,,,", "quantity", "Enter a number, such as 2.5."),
        (f"FACE-1,{BIOTIN},1e3,ml,,,,", "quantity", "Enter a number, such as 2.5."),
        (f"FACE-1,{BIOTIN},0.0001,ml,,,,", "quantity", "Use at most three decimals."),
        (f"FACE-1,{NEEDLE},1.5,each,,,,", "quantity", "This item is counted in whole pieces."),
        (f"FACE-1,{AMPOULE},1,ml,,,,", "sku", "This item is in another line already."),
        (
            f"FACE-1,{BIOTIN},1,ml,{NEEDLE},,,",
            "substitute_for",
            "This formulation has no line with that SKU.",
        ),
        (f"FACE-1,{BIOTIN},1,ml,,tube,,", "per", "Enter session or area."),
        (f"FACE-1,{BIOTIN},1,ml,,,maybe,", "optional", "Enter yes or no."),
        (
            f"FACE-1,{BIOTIN},1,ml,,,,1",
            "dead_space",
            "The syringe keeps less than the line gives.",
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fault_names_file_row_and_column(
    world: World, row: str, column: str, message: str
) -> None:
    with pytest.raises(FaultyFiles) as refused:
        take(world, HEAD + GOOD + row + "\n")
    [faulty] = refused.value.files
    assert (faulty.filename, faulty.errors) == ("lines.csv", [Fault(4, column, message)])
    assert str(refused.value) == f"lines.csv: Row 4, {column}: {message}"
    assert db.session.scalars(sa.select(Formulation)).all() == []
    assert db.session.scalars(sa.select(Item)).all() == []


@pytest.mark.parametrize(
    ("old", "new", "column", "message"),
    [
        ("0 30 60", "", "session_days", "Name the days with spaces between, such as 0 14 28."),
        ("0 30 60", "0 x", "session_days", "Name the days with spaces between, such as 0 14 28."),
        (
            "0 30 60",
            "0 30 30",
            "session_days",
            "Name each day once, from the first to the last, up to day 3650.",
        ),
        ("Face in three", "", "name", "This cell is empty."),
        ("hydration", "h" * 61, "concern", "Use at most 60 characters."),
        ("FACE-3", "HAIR-M7", "protocol", "Row 2 has the same one."),
        (" 60,,", " 60,4,", "sessions_min", "This is more than the days named in session_days."),
        ("0 30 60,,,", "0 30 60,,0,", "maintenance_days", "Enter a whole number from 1 to 3650."),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fault_in_the_protocols_takes_nothing_of_either_file(
    world: World, old: str, new: str, column: str, message: str
) -> None:
    with pytest.raises(FaultyFiles) as refused:
        take(world, days=DAYS.replace(old, new))
    [faulty] = refused.value.files
    assert (faulty.filename, faulty.errors) == ("days.csv", [Fault(3, column, message)])
    assert db.session.scalars(sa.select(Formulation)).all() == []


def test_faults_of_both_files_are_named_together(world: World) -> None:
    with pytest.raises(FaultyFiles) as refused:
        take(world, HEAD + "FACE-1,NOPE,1,ml,,,,\n", DAYS.replace("0 30 60", "x"))
    assert str(refused.value).splitlines() == [
        "days.csv: Row 3, session_days: Name the days with spaces between, such as 0 14 28.",
        "lines.csv: Row 2, sku: Neither your items nor a catalogue has this SKU.",
    ]


def test_a_protocol_needs_its_formulation(world: World) -> None:
    with pytest.raises(FaultyFiles) as refused:
        take(world, HEAD + f"FACE-1,{AMPOULE},1,ml,,,,\n")
    [faulty] = refused.value.files
    assert faulty.errors == [Fault(2, "formulation", "You have no formulation with this code.")]
