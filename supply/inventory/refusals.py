"""What the ledger refuses, with what a person or program needs to put it right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _

from supply.catalogue.wording import unit_word
from supply.clock import local_date, zone
from supply.quantity import Unit, as_text
from supply.refusals import Refusal


@dataclass(frozen=True, slots=True)
class ShortItem:
    """An item of which there is too little: needed and available, in its base unit."""

    item_id: int
    code: str
    name: str
    unit: str
    needed: Decimal
    available: Decimal


class ShortageError(Refusal):
    """Too little of some items; ``items`` names all of them."""

    def __init__(self, items: Sequence[ShortItem]) -> None:
        """Keep ``items`` and say how much of each is missing."""
        self.items = list(items)
        super().__init__(" ".join(_shortage(item) for item in self.items))


def _shortage(item: ShortItem) -> str:
    sentence: str = _(
        "%(name)s: %(needed)s %(unit)s needed, %(available)s %(unit_there)s available.",
        name=item.name,
        needed=as_text(item.needed).rstrip("0").rstrip("."),
        available=as_text(item.available).rstrip("0").rstrip("."),
        unit=unit_word(Unit(item.unit), item.needed),
        unit_there=unit_word(Unit(item.unit), item.available),
    )
    return sentence


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A later entry that used what a reversal would take back."""

    entry_id: int
    kind: str
    occurred_at: dt.datetime
    lot_number: str
    timezone: str


class StandsInTheWayError(Refusal):
    """An entry cannot be undone because later ones build on it; ``obstacles`` names them."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        """Keep ``obstacles`` and name each by kind, day and lot."""
        self.obstacles = list(obstacles)
        named = ", ".join(
            _(
                "%(kind)s of %(day)s (entry %(entry)d, lot %(lot)s)",
                kind=o.kind.replace("_", " "),
                day=local_date(o.occurred_at, o.timezone).isoformat(),
                entry=o.entry_id,
                lot=o.lot_number,
            )
            for o in self.obstacles
        )
        super().__init__(
            _("This cannot be undone, because of what came after: %(named)s.", named=named)
            if named
            else _("This cannot be undone: what it moved is no longer there.")
        )


class AlreadyReversedError(Refusal):
    """An entry is reversed once only."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(_("This has already been undone."))


class CountedSinceError(Refusal):
    """An entry is dated before a count of a lot it touches."""

    def __init__(self, lot_number: str, counted_at: dt.datetime, timezone: str) -> None:
        """Name the lot and when it was counted, on the clinic's clock."""
        super().__init__(
            _(
                "Lot %(lot)s was counted on %(day)s: an entry cannot be dated before that.",
                lot=lot_number,
                day=f"{counted_at.astimezone(zone(timezone)):%Y-%m-%d, %H:%M}",
            )
        )
