"""What the session benchmark runs on: a formulation of five lines and plenty of lots."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from supply.catalogue.terms import Dose, Storage
from supply.db import transaction
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind
from supply.quantity import Unit
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    AMPOULE,
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    Kind,
    World,
    item,
    make_formulation,
    make_product,
    make_world,
)
from tests.factories import COLD as PEPTIDE

DRUM = Kind(
    "DRUM",
    "Multi-dose container that outlasts the run",
    "diluent",
    "ingredient",
    Unit.ML,
    1,
    "900000",
    Dose.MULTI,
    Storage.AMBIENT,
    1,
)
LINES = ((AMPOULE, "1.5"), (PEPTIDE, "3"), (DRUM.sku, "0.2"), (NEEDLE, "3"), (BIOTIN, "1"))
"""Two single-dose lines with a remainder, a multi-dose one, pieces, and a whole ampoule."""

LOTS = 4
_PER_LOT = {
    AMPOULE: 5 * 200_000,
    PEPTIDE: 5 * 200_000,
    DRUM.sku: 900_000,
    NEEDLE: 900_000,
    BIOTIN: 900_000,
}


@dataclass(frozen=True)
class BenchWorld:
    """A clinic with stock, and who records."""

    world: World
    formulation: str
    item_ids: dict[str, int]


def make_bench_world() -> BenchWorld:
    """Make the world, with :data:`LOTS` lots of each of the five items."""
    world = make_world()
    with transaction():
        make_product(world.supplier, DRUM)
    make_formulation(world, LINES)
    with transaction():
        items = {code: item(world, code) for code, _quantity in LINES}
        lines = [
            Incoming(
                item=items[code],
                lot_number=f"{code}-{number}",
                expiry=dt.date(2027, 1 + number, 28),
                quantity=Decimal(_PER_LOT[code]),
            )
            for code in items
            for number in range(LOTS)
        ]
        take_in(
            world.clinic,
            lines,
            kind=EntryKind.RECEIPT,
            occurred_at=NOW,
            actor=world.actor(),
            now=NOW,
        )
        ids = {code: found.id for code, found in items.items()}
        request = SessionRequest(FORMULATION, "P-0")
        record_session(world.clinic, request, actor=world.actor(), now=NOW)
    return BenchWorld(world, FORMULATION, ids)
