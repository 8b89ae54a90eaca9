"""What somebody counted of a parcel that was received before they said so.

Nothing of it is recorded; the page keeps it, and leads to a claim for each thing that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for

from supply.accounts.models import Clinic
from supply.receiving.forms import ReceiveRow
from supply.receiving.terms import ClaimKind


@dataclass(frozen=True, slots=True)
class Unheard:
    """One line as counted; ``claims`` are the (kind, packs, address) of what may be claimed."""

    name: str
    lot: str
    good: str
    damaged: str
    missing: int
    claims: Sequence[tuple[ClaimKind, int, str]]


def unheard(
    clinic: Clinic, order_id: int, rows: Sequence[ReceiveRow], form: Mapping[str, str]
) -> list[Unheard]:
    """Return what ``rows`` and the rest of the ``form`` say, with the ways to claim it."""
    return [_unheard(clinic, order_id, row, form) for row in rows]


def _unheard(clinic: Clinic, order_id: int, row: ReceiveRow, form: Mapping[str, str]) -> Unheard:
    missing = row.room if "rest_missing" in form else 0
    wrong = [(ClaimKind.DAMAGED, row.damaged_packs), (ClaimKind.MISSING, missing)]
    claims = [
        (kind, packs, _address(clinic, order_id, row, kind, packs, form))
        for kind, packs in wrong
        if packs
    ]
    ordered = row.line.order_line
    return Unheard(ordered.name, row.line.lot_number, row.good, row.damaged, missing, claims)


def _address(
    clinic: Clinic,
    order_id: int,
    row: ReceiveRow,
    kind: ClaimKind,
    packs: int,
    form: Mapping[str, str],
) -> str:
    """Return the form for a claim, filled in with what was typed."""
    return url_for(
        "fulfilment.new_claim",
        clinic_code=clinic.code,
        order_id=order_id,
        what=f"{row.line.order_line.sku}\n{row.line.lot_number}",
        packs=packs,
        kind=kind.value,
        want=form.get("want") or None,
        note=row.why(form.get("reason", "").strip()) or None,
    )
