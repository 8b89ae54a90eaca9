"""How much of each item a clinic needs, and the levels it orders at. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.catalogue.terms import Dose
from supply.quantity import ZERO, Unit, whole_containers

REORDER_WEEKS = Decimal("2.8")
PAR_WEEKS = Decimal("7.5")


@dataclass(frozen=True, slots=True)
class Need:
    """A line of a formulation: an item, how it is opened, and the quantity of one session."""

    item_id: int
    code: str
    unit: Unit
    quantity: Decimal
    content: Decimal
    dose: Dose

    @property
    def taken(self) -> Decimal:
        """What a session takes off the shelf: whole containers where each serves one patient."""
        if self.dose is Dose.SINGLE:
            return self.content * whole_containers(self.quantity, self.content)
        return self.quantity


@dataclass(frozen=True, slots=True)
class Levels:
    """Reorder point and par level of an item: whole containers, in its base unit."""

    code: str
    reorder_point: Decimal
    par_level: Decimal


def weekly_use(
    formulations: Iterable[str], needs: Mapping[str, Sequence[Need]], weeks: Decimal
) -> dict[Need, Decimal]:
    """Return by need what sessions of ``formulations`` over ``weeks`` take in a week."""
    totals: dict[int, Decimal] = defaultdict(lambda: ZERO)
    one_each: dict[int, Need] = {}
    for formulation in formulations:
        for need in needs[formulation]:
            totals[need.item_id] += need.taken
            one_each.setdefault(need.item_id, need)
    return {one_each[item_id]: totals[item_id] / weeks for item_id in sorted(totals)}


def levels_for(need: Need, weekly: Decimal) -> Levels:
    """Return the levels that so much use in a week asks for; the par level is the higher one."""
    reorder = whole_containers(weekly * REORDER_WEEKS, need.content)
    par = max(whole_containers(weekly * PAR_WEEKS, need.content), reorder + 1)
    return Levels(need.code, need.content * reorder, need.content * par)
