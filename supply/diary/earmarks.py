"""Which lots booked sessions will draw, and where they fall short: a pure simulation.

Sessions take their share in the order they are given, first expired first, as recording them
will: a single-dose container serves one of them, a multi-dose one is shared inside its window.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from supply.catalogue.terms import Dose
from supply.inventory import rules
from supply.inventory.drawing import UsedItem
from supply.inventory.rules import Draw, Source
from supply.quantity import ZERO, whole_containers

Opening = Callable[[UsedItem, Source, dt.datetime], dt.datetime | None]
"""When a container of an item, taken from a source and opened at an instant, must go."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a session takes of an item, in its base unit; dead space is part of it."""

    item: UsedItem
    quantity: Decimal
    content: Decimal
    """Content of one container, by which a single-dose item is needed whole."""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A booked session: the clinic's day, the instant it is taken to begin, and what it takes."""

    session_id: int
    day: dt.date
    at: dt.datetime
    wanted: Sequence[Wanted]


@dataclass(frozen=True, slots=True)
class Earmark:
    """How much of a lot a session will use up: what it gives, and what is wasted with it."""

    lot_id: int
    lot_number: str
    quantity: Decimal
    places: tuple[int, ...] = field(default=(), compare=False)
    """The locations it is taken from, by id."""


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """What a session takes of one item, the lots for it, and how much there is too little."""

    item: UsedItem
    needed: Decimal
    lots: Sequence[Earmark]
    short: Decimal
    optional: bool = False

    @property
    def prevents(self) -> bool:
        """Whether the session cannot be given for it."""
        return self.short > 0 and not self.optional


def earmarked(
    visits: Iterable[Visit], sources: Iterable[Source], opening: Opening
) -> dict[int, list[ReadyLine]]:
    """Return by session what it will draw of ``sources``, the lines in the order wanted.

    ``visits`` come in the order they are given. A source serves a session only where its lot is
    in date on that day and its open container in time then. A line that falls short still takes
    what there is. Items that are not tracked draw nothing and are left out.
    """
    shelves: dict[int, list[Source]] = defaultdict(list)
    for source in sources:
        shelves[source.item_id].append(source)
    return {
        visit.session_id: [
            _line(visit, wanted, shelves[wanted.item.id], opening)
            for wanted in visit.wanted
            if wanted.item.tracked
        ]
        for visit in visits
    }


def _line(visit: Visit, wanted: Wanted, shelf: list[Source], opening: Opening) -> ReadyLine:
    """Draw what is wanted from ``shelf``, which is left with the rest."""
    usable = [source for source in shelf if _serves(source, visit)]
    picked = rules.pick(usable, wanted.quantity, wanted.item.dose)
    for draw in picked.draws:
        _take(shelf, draw, wanted.item, visit, opening)
    short = picked.short
    if wanted.item.dose is Dose.SINGLE:
        short = whole_containers(short, wanted.content) * wanted.content
    lots = _by_lot(picked.draws)
    needed = sum((lot.quantity for lot in lots), ZERO) + short
    return ReadyLine(wanted.item, needed, lots, short, wanted.optional)


def _serves(source: Source, visit: Visit) -> bool:
    in_date = source.expiry is None or source.expiry >= visit.day
    return in_date and (source.discard_at is None or source.discard_at > visit.at)


def _take(shelf: list[Source], draw: Draw, item: UsedItem, visit: Visit, opening: Opening) -> None:
    """Take a draw off its shelf; what a multi-dose container keeps stays there, open."""
    source = draw.source
    place = shelf.index(source)
    if not draw.containers or item.dose is Dose.SINGLE:
        gone = draw.taken + draw.wasted
        shelf[place] = source._replace(quantity=source.quantity - gone)
        return
    opened = source.content * draw.containers
    shelf[place] = source._replace(quantity=source.quantity - opened)
    rest = opened - draw.taken - draw.wasted
    if rest > 0:
        shelf.append(
            source._replace(
                # Below every real one: a container that there is only in this simulation.
                container_id=-len(shelf),
                quantity=rest,
                discard_at=opening(item, source, visit.at),
            )
        )


def _by_lot(draws: Iterable[Draw]) -> list[Earmark]:
    found: dict[int, Earmark] = {}
    for draw in draws:
        source = draw.source
        before = found.get(source.lot_id)
        places = before.places if before else ()
        if source.location_id not in places:
            places = (*places, source.location_id)
        found[source.lot_id] = Earmark(
            source.lot_id,
            source.lot_number,
            (before.quantity if before else ZERO) + draw.taken + draw.wasted,
            places,
        )
    return list(found.values())
