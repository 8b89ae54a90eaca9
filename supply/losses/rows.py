"""What became of each item between two moments: pure rules over what the ledger says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from supply.items.terms import LocationKind
from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class Flow:
    """How much of an item went from one kind of place to another, and what that cost.

    ``opens`` tells stock that a clinic began with from what a count found.
    """

    item_id: int
    origin: LocationKind
    target: LocationKind
    opens: bool
    quantity: Decimal
    costed: Decimal
    minor: int

    def into(self, *kinds: LocationKind) -> Decimal:
        """Return how much went to places of these kinds; below zero: came out of them."""
        return self.quantity * ((self.target in kinds) - (self.origin in kinds))


@dataclass(slots=True)
class Loss:
    """An item between two moments, in its base unit.

    It adds up: opening + received + transferred - used - wasted - unexplained = closing.
    *Received* is what suppliers sent less what went back, and what the clinic began with.
    *Transferred* is above zero where more came from sister clinics than went to them. *Unexplained*
    is what counts and corrections missed, below zero where they found more; ``minor`` is its cost.
    """

    item_id: int
    closing: Decimal = ZERO
    received: Decimal = ZERO
    transferred: Decimal = ZERO
    used: Decimal = ZERO
    wasted: Decimal = ZERO
    unexplained: Decimal = ZERO
    minor: int = 0
    is_unpriced: bool = False

    @property
    def opening(self) -> Decimal:
        """What was there at the first of the moments."""
        return self.closing - self.received - self.transferred + self.gone

    @property
    def gone(self) -> Decimal:
        """What was used, wasted or missed."""
        return self.used + self.wasted + self.unexplained

    @property
    def value(self) -> int | None:
        """What is unexplained cost, in minor units; None where that is not known."""
        return None if self.is_unpriced and not self.minor else self.minor

    @property
    def is_empty(self) -> bool:
        """Whether it neither was there nor moved."""
        return not any(
            (
                self.closing,
                self.received,
                self.transferred,
                self.used,
                self.wasted,
                self.unexplained,
            )
        )

    def add(self, flow: Flow) -> None:
        """Count what went from one place to another; what is sent and lost on its way is lost."""
        missed = flow.into(LocationKind.DIFFERENCE)
        received = -flow.into(LocationKind.SUPPLIER)
        if flow.opens:
            received, missed = received - missed, ZERO
        used = flow.into(LocationKind.PATIENT, LocationKind.CUSTOMER)
        wasted = flow.into(LocationKind.WASTE)
        self.received += received
        self.used += used
        self.wasted += wasted
        self.unexplained += missed
        self.transferred += flow.into(LocationKind.SHELF) - received + used + wasted + missed
        if missed:
            self.minor += flow.minor if missed > 0 else -flow.minor
            self.is_unpriced = self.is_unpriced or flow.costed < flow.quantity


def losses_of(closing: Mapping[int, Decimal], flows: Iterable[Flow]) -> dict[int, Loss]:
    """Return by item what became of it, from what is there at the end and what moved before."""
    found = {item: Loss(item, quantity) for item, quantity in closing.items()}
    for flow in flows:
        found.setdefault(flow.item_id, Loss(flow.item_id)).add(flow)
    return {item: loss for item, loss in found.items() if not loss.is_empty}
