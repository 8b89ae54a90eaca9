"""What leaves the supplier's own stock with a parcel: labels known there, packs set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask_babel import gettext as _

from supply.depot.leaving import Counter, Leaving
from supply.ordering.models import OrderLine
from supply.shipping.ship_lines import ShipLine

Fault = tuple[str, str]


def labelled(
    lines: Sequence[ShipLine], found: Sequence[OrderLine], counter: Counter | None
) -> tuple[Sequence[ShipLine], list[Fault]]:
    """Return ``lines`` with number and expiry of each lot as the depot knows it.

    With them come the rows that give another expiry than that.
    """
    if counter is None:
        return lines, []
    faults: list[Fault] = []
    known = []
    for number, (row, line) in enumerate(zip(lines, found, strict=True)):
        lot = counter.lot(line.product_id, row.lot) if row.from_stock else None
        if lot is None:
            known.append(row)
            continue
        if row.expiry and lot.expiry and row.expiry != lot.expiry:
            message = _(
                "%(name)s: lot %(lot)s is in your stock with the expiry %(expiry)s."
                " Check the label.",
                name=line.name,
                lot=lot.number,
                expiry=lot.expiry.isoformat(),
            )
            faults.append((f"lines.{number}.expiry", message))
        known.append(replace(row, lot=lot.number, expiry=lot.expiry or row.expiry))
    return known, faults


def set_aside(
    counter: Counter, lines: Sequence[ShipLine], found: Sequence[OrderLine], known: Sequence[Fault]
) -> list[Fault]:
    """Set aside what ``lines`` send from stock; return what is not there. Rows at fault wait."""
    faulty = {field.rpartition(".")[0] for field, _message in known}
    leaving = [
        Leaving(
            line.product_id,
            line.name,
            row.lot,
            row.packs,
            line.containers_per_pack,
            line.content_per_container,
            f"lines.{number}",
        )
        for number, (row, line) in enumerate(zip(lines, found, strict=True))
        if row.from_stock and f"lines.{number}" not in faulty
    ]
    return counter.pick(leaving)
