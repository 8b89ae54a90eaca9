"""Taking goods into a depot, in packs: from the maker, or back from a customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.depot.keeping import depot_of
from supply.inventory import taking_in
from supply.inventory.taking_in import Incoming, TakenIn
from supply.inventory.terms import EntryKind
from supply.items.services import item_of_product
from supply.ordering.rules import MOST_PACKS
from supply.refusals import InvalidInput

Fault = tuple[str, str]

_OURS = {"quantity": "packs"}
"""Fields of an arrival as the ledger calls them, and as a depot does."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """Packs of one lot of a product that come into a depot.

    ``location_id`` None is the first place that fits. ``expired_reason`` says why an expired lot is
    taken, ``hold_reason`` why it is held at once. ``field`` is what a refusal calls it ("lines.0").
    """

    product: Product
    lot: str
    expiry: dt.date | None
    packs: int
    location_id: int | None = None
    expired_reason: str | None = None
    hold_reason: str | None = None
    field: str = ""


def take_in(
    supplier: Supplier,
    lines: Sequence[Arriving],
    *,
    actor: Actor,
    now: dt.datetime,
    reason: str = "",
    source: tuple[str, int] | None = None,
) -> TakenIn:
    """Take ``lines`` into the depot of ``supplier`` as one entry; ``source`` is what brought them.

    A product is made an item of the depot when it first comes in. Locks as
    :func:`supply.inventory.taking_in.take_in`.

    Raises:
        KeepsNoStock: the supplier keeps no stock here.
        InvalidInput: naming each line at fault (``<field>.lot`` and so on).
        CountedSinceError: a lot was counted after ``now``.
    """
    depot = depot_of(supplier)
    found = faults(depot, lines, now)
    if found:
        raise InvalidInput(*found)
    return taking_in.take_in(
        depot,
        _incoming(depot, lines, now),
        kind=EntryKind.RECEIPT,
        occurred_at=now,
        actor=actor,
        now=now,
        reason=reason,
        source=source,
    )


def faults(depot: Clinic, lines: Sequence[Arriving], now: dt.datetime) -> list[Fault]:
    """Return (field, message) for all that :func:`take_in` would refuse in ``lines``."""
    if not lines:
        return [("lines", _("Say what came."))]
    bad = [line for line in lines if not 1 <= line.packs <= MOST_PACKS]
    found = [
        (f"{line.field}.packs", _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS))
        for line in bad
    ]
    good = _incoming(depot, [line for line in lines if line not in bad], now)
    if good:
        found += taking_in.faults(depot, good, occurred_at=now)
    return [(_our_name(field), message) for field, message in found]


def _our_name(field: str) -> str:
    head, dot, last = field.rpartition(".")
    return f"{head}{dot}{_OURS.get(last, last)}"


def _incoming(depot: Clinic, lines: Sequence[Arriving], now: dt.datetime) -> list[Incoming]:
    return [
        Incoming(
            item=item_of_product(depot.practice_id, line.product, now=now),
            lot_number=line.lot,
            expiry=line.expiry,
            quantity=line.product.pack_quantity * line.packs,
            location_id=line.location_id,
            content_per_container=line.product.content_per_container,
            product_id=line.product.id,
            hold_reason=line.hold_reason,
            expired_reason=line.expired_reason,
            field=line.field,
        )
        for line in lines
    ]
