"""Packs of a return leave the clinic's ledger, whole and sealed, from where they lie."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import ngettext

from supply.actor import Actor
from supply.claims.models import Claim
from supply.claims.terms import ClaimOutcome, Goods
from supply.db import db
from supply.inventory import availability, ledger
from supply.inventory.models import Balance, Hold
from supply.inventory.terms import EntryKind, HoldSource
from supply.items.models import Location
from supply.quantity import ZERO
from supply.refusals import InvalidInput
from supply.returning.models import Return, ReturnLine

SOURCE = "goods_return"
"""What the ledger entry by which a return leaves names as its source."""


def take_off_the_shelf(whole: Return, reason: str, actor: Actor, now: dt.datetime) -> int:
    """Move the packs of a return to the supplier; return the entry's id.

    What a refused claim, or a recall, holds of a lot goes along, the first of these before all
    else; what is on hold for another reason stays. Locks the balances of its lots by id.

    Raises:
        InvalidInput: field ``packs``: for each lot of which too little can be sent.
    """
    clinic_id = whole.order.clinic_id
    lots = {line.lot_id for line in whole.lines}
    places = _places(clinic_id, lots)
    rows = ledger.lock_places(places)
    holds = _Holds(clinic_id, lots)
    outside = ledger.outside_of(clinic_id)
    left = {
        place: holds.sendable(place, _Sealed(row.quantity, places[place]))
        for place, row in rows.items()
    }
    moves: list[ledger.MoveDraft] = []
    faults = []
    for line in whole.lines:
        wanted = line.packs * line.order_line.pack_quantity
        takes = list(_takes(line, wanted, left, holds))
        if (there := sum((quantity for _place, quantity in takes), ZERO)) < wanted:
            faults.append(("packs", _too_few(line, int(there // line.order_line.pack_quantity))))
        moves += [_move(line, place, quantity, outside) for place, quantity in takes]
    if faults:
        raise InvalidInput(*faults)
    whole.from_holds = holds.let_go(moves, actor, now)
    draft = ledger.Draft(clinic_id, EntryKind.TRANSFER, now, moves, reason, (SOURCE, whole.id))
    return ledger.post(draft, outside, rows, actor=actor, now=now)


def put_holds_back(whole: Return) -> None:
    """Hold again what was sent out of holds and is back on the shelf; flushes."""
    for taken in whole.from_holds:
        hold = db.session.get_one(Hold, taken["hold"])
        if not taken["whole"]:
            hold.quantity = (hold.quantity or ZERO) + Decimal(taken["quantity"])
            continue
        hold.released_at, hold.released_by_id = None, None
        db.session.execute(sa.update(Claim).where(Claim.hold_id == hold.id).values(goods=None))
    whole.from_holds = []
    db.session.flush()


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What lies sealed in a place, as far as it decides what holds keep of it."""

    quantity: Decimal
    content_per_container: Decimal
    container_id: int | None = None
    expiry: dt.date | None = None
    discard_at: dt.datetime | None = None


class _Holds:
    """The holds in force on the lots of a return: which keep packs back, and which go along."""

    def __init__(self, clinic_id: int, lots: Collection[int]) -> None:
        """Read them."""
        refused = (
            sa.select(Claim.hold_id)
            .where(Claim.outcome == ClaimOutcome.REFUSED, Claim.goods.is_(None))
            .scalar_subquery()
        )
        rows = db.session.execute(
            sa.select(Hold, Hold.id.in_(refused))
            .where(Hold.lot_id.in_(lots), availability.in_force(clinic_id))
            .order_by(Hold.id)
        ).all()
        self.claimed = [hold for hold, of_claim in rows if of_claim and hold.quantity]
        self.others = [
            hold for hold, of_claim in rows if not of_claim and hold.source is not HoldSource.RECALL
        ]

    def sendable(self, place: ledger.Place, there: _Sealed) -> Decimal:
        """Return how much of what lies in ``place`` no other hold keeps back."""
        location_id, lot_id, _container = place
        kept = [
            hold.quantity
            for hold in self.others
            if hold.lot_id == lot_id and hold.location_id in (None, location_id)
        ]
        return there.quantity - availability.held_of(there, kept)

    def held(self, place: ledger.Place) -> bool:
        """Return whether a refused claim holds some of what lies in ``place``."""
        return any((hold.location_id, hold.lot_id) == place[:2] for hold in self.claimed)

    def let_go(
        self, moves: Sequence[ledger.MoveDraft], actor: Actor, now: dt.datetime
    ) -> list[dict[str, Any]]:
        """End or lessen the holds of refused claims by what ``moves`` take; return what was."""
        taken: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
        for move in moves:
            taken[move.from_location_id, move.lot_id] += move.quantity
        found = []
        for hold in self.claimed:
            place = (hold.location_id or 0, hold.lot_id)
            quantity = min(hold.quantity or ZERO, taken[place])
            if quantity:
                taken[place] -= quantity
                whole = quantity == hold.quantity
                found.append({"hold": hold.id, "quantity": str(quantity), "whole": whole})
                self._lessen(hold, quantity, actor, now)
        return found

    def _lessen(self, hold: Hold, by: Decimal, actor: Actor, now: dt.datetime) -> None:
        if by != hold.quantity:
            hold.quantity = (hold.quantity or ZERO) - by
            return
        hold.released_at, hold.released_by_id = now, actor.person_id
        db.session.execute(
            sa.update(Claim).where(Claim.hold_id == hold.id).values(goods=Goods.RETURNED)
        )


def _places(clinic_id: int, lots: Collection[int]) -> Mapping[ledger.Place, Decimal]:
    """Return where sealed stock of ``lots`` lies at the clinic, with the content of a container."""
    rows = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id, Balance.content_per_container)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic_id,
            Balance.lot_id.in_(lots),
            Balance.container_id.is_(None),
            availability.on_shelf(),
        )
    )
    return {(location_id, lot_id, None): content for location_id, lot_id, content in rows}


def _takes(
    line: ReturnLine, wanted: Decimal, left: dict[ledger.Place, Decimal], holds: _Holds
) -> Iterator[tuple[ledger.Place, Decimal]]:
    """Yield where to take how much of a line from: what a claim holds, then the fullest place."""
    mine = [place for place in left if place[1] == line.lot_id and left[place]]
    for place in sorted(mine, key=lambda one: (not holds.held(one), -left[one], one[0])):
        quantity = min(left[place], wanted)
        if quantity > 0:
            left[place] -= quantity
            wanted -= quantity
            yield place, quantity


def _move(
    line: ReturnLine, place: ledger.Place, quantity: Decimal, outside: ledger.Outside
) -> ledger.MoveDraft:
    return ledger.MoveDraft(
        item_id=line.lot.item_id,
        lot_id=line.lot_id,
        content=line.lot.content_per_container,
        from_location_id=place[0],
        to_location_id=outside.supplier,
        quantity=quantity,
    )


def _too_few(line: ReturnLine, packs: int) -> str:
    return str(
        ngettext(
            "%(name)s, lot %(lot)s: only %(num)d whole pack can be sent. The rest is used, opened,"
            " or on hold: release it first, or withdraw the return.",
            "%(name)s, lot %(lot)s: only %(num)d whole packs can be sent. The rest is used,"
            " opened, or on hold: release it first, or withdraw the return.",
            packs,
            name=line.order_line.name,
            lot=line.lot.number,
        )
    )
