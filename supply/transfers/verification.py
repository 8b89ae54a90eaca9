"""Checking what transfers keep of their lots against the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from supply.db import AnyRow, db
from supply.inventory.models import Balance
from supply.inventory.verification import also_verify
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO
from supply.transfers.models import Transfer, TransferLine
from supply.transfers.records import accounted

_NOTHING: Mapping[str, Decimal] = {"sent": ZERO, "received": ZERO, "written_off": ZERO}


@also_verify
def verify_transfers() -> list[str]:
    """Add up what was sent, received and written off; return a sentence for each difference.

    What lies in a clinic's transit must be what its transfers have on their way: of each, sent
    less received, written off and returned.
    """
    lines = db.session.execute(_lines()).all()
    moved = dict(accounted())
    found = [one for row in lines for one in _differences(row, moved)]
    found += [
        f"transfer {transfer_id}, lot {lot_id}: the ledger moved some, the transfer has no line"
        for transfer_id, lot_id in sorted(moved)
    ]
    return [*found, *_transit(lines)]


def _lines() -> sa.Select[*tuple[object, ...]]:
    return (
        sa.select(
            Transfer.id,
            Transfer.clinic_id,
            TransferLine.lot_id,
            TransferLine.sent,
            TransferLine.received,
            TransferLine.written_off,
            TransferLine.returned,
        )
        .join(Transfer, Transfer.id == TransferLine.transfer_id)
        .where(Transfer.clinic_id != Transfer.to_clinic_id)
        .order_by(TransferLine.id)
    )


def _differences(row: AnyRow, moved: dict[tuple[int, int], Mapping[str, Decimal]]) -> Iterator[str]:
    sums = moved.pop((row.id, row.lot_id), _NOTHING)
    kept = {
        "sent": row.sent - row.returned,
        "received": row.received,
        "written_off": row.written_off,
    }
    for what, quantity in kept.items():
        if sums[what] != quantity:
            yield (
                f"transfer {row.id}, lot {row.lot_id}: the ledger says {sums[what]}"
                f" {what.replace('_', ' ')}, the transfer {quantity}"
            )


def _transit(lines: Sequence[AnyRow]) -> Iterator[str]:
    """Yield where a clinic's transit holds other than what its transfers have on their way."""
    on_the_way: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for row in lines:
        left = row.sent - row.received - row.written_off - row.returned
        on_the_way[row.clinic_id, row.lot_id] += left
    balances = db.session.execute(
        sa.select(Balance.clinic_id, Balance.lot_id, Balance.quantity)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.kind == LocationKind.TRANSIT)
    )
    there = {(row.clinic_id, row.lot_id): row.quantity for row in balances}
    for key in sorted({*on_the_way, *there}):
        expected, found = on_the_way.get(key, ZERO), there.get(key, ZERO)
        if expected != found:
            yield (
                f"clinic {key[0]}, lot {key[1]}: its transfers have {expected} in transit,"
                f" the balance {found}"
            )
