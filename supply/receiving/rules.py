"""Pure decisions on shipments: how long a lot must last, what a clinic said of a parcel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from supply.inventory.rules import lot_likeness
from supply.shipping.terms import Condition


@dataclass(frozen=True, slots=True)
class Parcel:
    """Packs of one lot in a shipment, and how many nobody has said anything about."""

    line_id: int
    skus: frozenset[str]
    normalised: str
    unaccounted: int
    packs: int = 0
    """How many were sent."""


def whole(parcel: Parcel) -> Parcel:
    """Return ``parcel`` as it was before anybody said anything of it."""
    return replace(parcel, unaccounted=parcel.packs)


@dataclass(frozen=True, slots=True)
class PacksSaid:
    """What a clinic says of some packs: which, how many, how they arrived."""

    sku: str
    normalised: str
    packs: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Part:
    """Packs of one shipment line in one condition."""

    line_id: int
    packs: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Matched:
    """What was said, laid on the shipment's lines, and where it does not fit (by row)."""

    parts: tuple[Part, ...]
    unknown: tuple[int, ...]
    too_many: Mapping[int, int]
    """Row number to the packs that are there at most."""


def lot_meant(typed: str, numbers: Sequence[str]) -> str | None:
    """Return which of ``numbers`` looks like ``typed``, a lot that is not among them."""
    alike = lot_likeness(typed)
    return next((number for number in numbers if alike and lot_likeness(number) == alike), None)


def as_sent(parcels: Sequence[Parcel]) -> tuple[Part, ...]:
    """Return the parts that say: everything not yet accounted for came, and is good."""
    return tuple(
        Part(parcel.line_id, parcel.unaccounted, Condition.GOOD)
        for parcel in parcels
        if parcel.unaccounted
    )


def match_receipt(parcels: Sequence[Parcel], said: Sequence[PacksSaid]) -> Matched:
    """Lay what a clinic says on a shipment's lines, in their order.

    Lines match by SKU (the supplier's or the practice's) and normalised lot number. The same
    lot may be on several lines; they fill up one after another.
    """
    left = {parcel.line_id: parcel.unaccounted for parcel in parcels}
    parts: list[Part] = []
    unknown: list[int] = []
    too_many: dict[int, int] = {}
    for row, one in enumerate(said):
        fitting = [p for p in parcels if one.sku in p.skus and p.normalised == one.normalised]
        there = sum(left[parcel.line_id] for parcel in fitting)
        if not fitting:
            unknown.append(row)
        elif one.packs > there:
            too_many[row] = there
        else:
            parts.extend(_take(fitting, left, one))
    return Matched(tuple(parts), tuple(unknown), too_many)


def _take(fitting: Sequence[Parcel], left: dict[int, int], one: PacksSaid) -> list[Part]:
    wanted = one.packs
    parts = []
    for parcel in fitting:
        packs = min(wanted, left[parcel.line_id])
        if packs:
            parts.append(Part(parcel.line_id, packs, one.condition))
            left[parcel.line_id] -= packs
            wanted -= packs
    return parts
