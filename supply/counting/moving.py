"""What a line's difference moves: between its place and what lies outside."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from supply.accounts.models import Clinic
from supply.catalogue.terms import Dose, Storage
from supply.counting import rules
from supply.counting.models import CountLine
from supply.counting.terms import DifferenceCause
from supply.handling import actions
from supply.inventory.costs import NOT_KNOWN, Cost
from supply.inventory.ledger import MoveDraft, NewContainer, Outside, turned
from supply.inventory.terms import WasteCause
from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class Found:
    """A line, and by part how much more was counted than expected, at what a base unit cost."""

    line: CountLine
    changes: Mapping[int | None, Decimal]
    unit_cost: Decimal | None

    @property
    def opens(self) -> bool:
        """Whether a container that should be sealed was found open."""
        sealed = self.changes.get(rules.SEALED, ZERO)
        return rules.FRESH in self.changes and sealed <= -self.content

    @property
    def content(self) -> Decimal:
        """Content of one container."""
        return self.line.lot.content_per_container

    @property
    def needs(self) -> dict[int | None, Decimal]:
        """By how much each recorded part changes."""
        return {part: change for part, change in self.changes.items() if part != rules.FRESH}


def moves_of(found: Found, outside: Outside, clinic: Clinic) -> Iterator[MoveDraft]:
    """Yield the moves that make the ledger say what was counted.

    A sealed container that was found open is opened, at the moment it was counted.
    """
    changes = dict(found.changes)
    fresh = changes.pop(rules.FRESH, ZERO)
    if fresh:
        container = _opened(found.line, clinic)
        if found.opens:
            changes[rules.SEALED] += found.content
            yield _inside(found, found.content, container)
            fresh -= found.content
        yield from _change(found, outside, container, fresh)
    for part, change in changes.items():
        yield from _change(found, outside, part, change)


class _Openable(NamedTuple):
    """What is opened, as far as its clock depends on it."""

    item_id: int
    dose: Dose
    injectable: bool
    expiry: dt.date | None
    storage: Storage | None


def _opened(line: CountLine, clinic: Clinic) -> NewContainer:
    item, at = line.item, line.counted_at
    if at is None:
        raise ValueError("a line that was counted has a moment")
    what = _Openable(item.id, item.dose, item.injectable, line.lot.expiry, line.location.storage)
    return NewContainer(line.lot_id, at, actions.runs_out_at(clinic, what, at))


def _inside(found: Found, quantity: Decimal, container: NewContainer) -> MoveDraft:
    line = found.line
    return MoveDraft(
        item_id=line.item_id,
        lot_id=line.lot_id,
        content=found.content,
        from_location_id=line.location_id,
        to_location_id=line.location_id,
        quantity=quantity,
        to_container=container,
    )


def _change(
    found: Found, outside: Outside, part: NewContainer | int | None, change: Decimal
) -> Iterator[MoveDraft]:
    """Yield the move of what is missing of a part, or was found of it."""
    line = found.line
    expired = change < 0 and line.cause is DifferenceCause.EXPIRED
    move = MoveDraft(
        item_id=line.item_id,
        lot_id=line.lot_id,
        content=found.content,
        from_location_id=line.location_id,
        to_location_id=outside.waste if expired else outside.difference,
        quantity=abs(change),
        from_container=part,
        cause=WasteCause.EXPIRED if expired else None,
    )
    if change < 0:
        yield move
    elif change > 0:
        yield turned(move)._replace(cost=_cost(found, change))


def _cost(found: Found, quantity: Decimal) -> Cost:
    minor = rules.value_of(quantity, found.unit_cost)
    return NOT_KNOWN if minor is None else Cost(quantity, minor)
