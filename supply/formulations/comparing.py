"""What changed from one version of a formulation to another: pure decisions."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.formulations.terms import Per


class Fate(enum.StrEnum):
    """What became of a line."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Said:
    """What a version says of one item; ``substitutes`` are (item id, quantity)."""

    item_id: int
    quantity: Decimal
    per: Per
    optional: bool
    dead_space: Decimal
    substitutes: tuple[tuple[int, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """An item of either version, as each says it; None where one does not."""

    item_id: int
    before: Said | None
    after: Said | None

    @property
    def fate(self) -> Fate:
        """What became of the line."""
        if self.before is None:
            return Fate.ADDED
        if self.after is None:
            return Fate.REMOVED
        return Fate.SAME if self.before == self.after else Fate.CHANGED


def differences(before: Sequence[Said], after: Sequence[Said]) -> list[Difference]:
    """Return every item of both in the order of ``after``, then those it no longer has."""
    once = {said.item_id: said for said in before}
    now = {said.item_id for said in after}
    kept = [Difference(said.item_id, once.get(said.item_id), said) for said in after]
    gone = [said for said in before if said.item_id not in now]
    return kept + [Difference(said.item_id, said, None) for said in gone]
