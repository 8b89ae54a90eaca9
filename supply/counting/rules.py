"""Pure decisions on counts: how a sum parts into containers, and what a difference moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from supply.catalogue.terms import Dose
from supply.counting.terms import DifferenceCause, ItemClass
from supply.quantity import ZERO, Unit, whole_containers

SEALED: Final = None
"""The part of a lot in a place that is in sealed containers."""

FRESH: Final = 0
"""The part that is in an open container which nobody recorded as open."""

Parts = Mapping[int | None, Decimal]
"""What is in a place of one lot: sealed, and by open container."""

CAUSES_OF_LESS: Final = (
    DifferenceCause.MISSED_ENTRY,
    DifferenceCause.LOST,
    DifferenceCause.EXPIRED,
    DifferenceCause.MISCOUNTED,
)
CAUSES_OF_MORE: Final = (
    DifferenceCause.FOUND,
    DifferenceCause.MISSED_ENTRY,
    DifferenceCause.MISCOUNTED,
)
"""Causes that a person may give, the most frequent first."""


def splits(dose: Dose, unit: Unit, content: Decimal) -> bool:
    """Return whether containers stay open: then it is asked what is left in one."""
    return dose is Dose.MULTI and not (unit is Unit.EACH and content == 1)


def may_cause(cause: DifferenceCause, difference: Decimal) -> bool:
    """Return whether ``cause`` explains that less (or more) was counted than recorded."""
    if cause is DifferenceCause.NOT_SAID:
        return True
    return cause in (CAUSES_OF_LESS if difference < 0 else CAUSES_OF_MORE)


def parted(counted: Decimal, rests: Parts | None, expected: Parts, content: Decimal) -> Parts:
    """Return how ``counted`` parts into sealed containers and open ones.

    ``rests`` is what people said of the open ones. Of a sum alone the open ones are taken to hold
    what is recorded, if the rest is whole containers then; else as little is taken to differ
    as can be, in the sealed ones first.
    """
    opened: Parts = {
        part: there for part, there in expected.items() if part is not SEALED and there > 0
    }
    if rests is not None:
        return _said(counted, rests, opened)
    in_open = sum(opened.values(), ZERO)
    if counted >= in_open and (counted - in_open) % content == 0:
        return {SEALED: counted - in_open, **opened}
    sealed = _likely_sealed(counted, expected.get(SEALED, ZERO), content, max(len(opened), 1))
    if not opened:
        return {SEALED: sealed, FRESH: counted - sealed}
    return {SEALED: sealed, **_shared(counted - sealed, opened, content)}


def _said(counted: Decimal, rests: Parts, opened: Parts) -> Parts:
    """Take people's word; a container they said nothing of is as it is recorded."""
    kept = {part: rest for part, rest in opened.items() if part not in rests}
    in_open = sum(rests.values(), ZERO) + sum(kept.values(), ZERO)
    return {SEALED: max(counted - in_open, ZERO), **kept, **rests}


def _likely_sealed(counted: Decimal, expected: Decimal, content: Decimal, opened: int) -> Decimal:
    """Return how much is sealed, next to what is expected, where the rest fits the open ones."""
    most = counted // content
    least = max(whole_containers(max(counted - opened * content, ZERO), content), 0)
    wanted = expected // content
    return content * min(max(wanted, Decimal(least)), most)


def _shared(rest: Decimal, opened: Parts, content: Decimal) -> Parts:
    """Share ``rest`` among open containers, each as near to what is recorded as can be."""
    change = rest - sum(opened.values(), ZERO)
    found: dict[int | None, Decimal] = {}
    for part, there in opened.items():
        now = min(max(there + change, ZERO), content)
        change -= now - there
        found[part] = now
    return found


def differences(counted: Parts, expected: Parts) -> dict[int | None, Decimal]:
    """Return by part how much more was counted than expected; what agrees is left out."""
    found = {
        part: counted.get(part, ZERO) - expected.get(part, ZERO) for part in {**expected, **counted}
    }
    return {part: change for part, change in found.items() if change}


def value_of(difference: Decimal, unit_cost: Decimal | None) -> int | None:
    """Return what a difference is worth in minor units; None where its cost is not known."""
    return None if unit_cost is None else int((difference * unit_cost).to_integral_value())


USUAL_PERCENT: Final = 25
USUAL_DAYS: Final = {ItemClass.A: 30, ItemClass.B: 91, ItemClass.C: 364}

SHARES: Final = ((80, ItemClass.A), (95, ItemClass.B))
"""Up to which share of all that is worth something, in percent, an item is of a class."""


@dataclass(frozen=True, slots=True)
class Limits:
    """From when on a difference is large, and every how many days a class is counted.

    Large is what is worth ``minor``; or ``percent`` of what was expected, if that is worth a tenth
    of it or nobody knows what it is worth.
    """

    minor: int
    percent: int = USUAL_PERCENT
    days: Mapping[ItemClass, int] = field(default_factory=lambda: USUAL_DAYS)

    def as_facts(self) -> dict[str, int]:
        """Return the limits as the audit keeps them."""
        days = {f"days_{word.value}": days for word, days in self.days.items()}
        return {"recount_minor": self.minor, "recount_percent": self.percent, **days}


def is_large(
    difference: Decimal, expected: Decimal, value_minor: int | None, limits: Limits
) -> bool:
    """Return whether somebody else is to count again what differs by that much."""
    if not difference:
        return False
    is_share = abs(difference) * 100 >= expected * limits.percent
    if value_minor is None:
        return is_share
    worth = abs(value_minor)
    return worth >= limits.minor or (is_share and worth * 10 >= limits.minor)


def classed(worth: Mapping[int, int]) -> dict[int, ItemClass]:
    """Return the class of each item, by what it is worth: the dearest first, up to each share."""
    total = sum(worth.values())
    found, before = {}, 0
    for item in sorted(worth, key=lambda one: (-worth[one], one)):
        reached = (word for share, word in SHARES if before * 100 < total * share)
        found[item] = next(reached, ItemClass.C) if worth[item] else ItemClass.C
        before += worth[item]
    return found
