"""Decisions on recipes: what lines may say, and when two wordings say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.catalogue.terms import Dose
from supply.formulations.terms import Per
from supply.quantity import ZERO, InvalidQuantityError, Unit, check, whole_containers
from supply.sentences import say


@dataclass(frozen=True, slots=True)
class SubstituteDraft:
    """An item that may stand in for a line, in its own quantity."""

    item_id: int
    unit: Unit
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line as it should be: quantity and dead space in the item's base unit."""

    item_id: int
    unit: Unit
    quantity: Decimal
    per: Per = Per.SESSION
    optional: bool = False
    dead_space: Decimal = ZERO
    substitutes: tuple[SubstituteDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class CostedLine:
    """What a line draws, and what a container cost last, in minor units (None: not known)."""

    quantity: Decimal
    content: Decimal
    dose: Dose
    optional: bool
    container_minor: Decimal | None


def session_cost(lines: Sequence[CostedLine]) -> Decimal | None:
    """Return what a session uses up, in minor units; None while a needed line's cost is unknown.

    A single-dose container counts whole, for its rest is waste; optional lines are left out.
    """
    total = Decimal(0)
    for line in lines:
        if line.optional:
            continue
        if line.container_minor is None:
            return None
        if line.dose is Dose.SINGLE:
            containers = Decimal(whole_containers(line.quantity, line.content))
        else:
            containers = line.quantity / line.content
        total += containers * line.container_minor
    return total


def same_recipe(one: Sequence[LineDraft], other: Sequence[LineDraft]) -> bool:
    """Return whether two lists of lines say the same; the order of lines tells nothing."""
    return {line.item_id: line for line in one} == {line.item_id: line for line in other}


def line_faults(lines: Sequence[LineDraft]) -> Iterator[tuple[int, str, str]]:
    """Yield (index of the line, field, message) for whatever ``lines`` may not say.

    An item stands in one line only, and does not replace itself; quantities are above zero and
    in whole pieces where the item is; dead space is what a syringe keeps, less than a line.
    """
    seen: set[int] = set()
    for index, line in enumerate(lines):
        if line.item_id in seen:
            yield index, "item", str(say("This item is in another line already."))
        seen.add(line.item_id)
        yield from ((index, field, message) for field, message in _quantity_faults(line))
        standing_in: set[int] = {line.item_id}
        for substitute in line.substitutes:
            if substitute.item_id in standing_in:
                yield index, "substitute", str(say("A substitute is another item, named once."))
            standing_in.add(substitute.item_id)
            if message := quantity_fault(substitute.quantity, substitute.unit):
                yield index, "substitute", message


def _quantity_faults(line: LineDraft) -> Iterator[tuple[str, str]]:
    if message := quantity_fault(line.quantity, line.unit):
        yield "quantity", message
    if line.dead_space:
        if message := quantity_fault(line.dead_space, line.unit):
            yield "dead_space", message
        elif line.dead_space >= line.quantity:
            yield "dead_space", str(say("The syringe keeps less than the line gives."))


def quantity_fault(value: Decimal, unit: Unit) -> str | None:
    """Return what is wrong with ``value`` in ``unit``, or None."""
    try:
        check(value, unit)
    except InvalidQuantityError as error:
        return str(error)
    return None
