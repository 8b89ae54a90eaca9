"""What recording would do to the shelves, said in words before it happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.catalogue.terms import Dose
from supply.inventory.drawing import CoveredNeed
from supply.inventory.rules import Draw, Source
from supply.inventory.wording import containers, unit_word
from supply.items.models import Item
from supply.quantity import ZERO, Unit
from supply.web.filters import quantity


@dataclass(frozen=True, slots=True)
class DrawWords:
    """One draw: from which lot, where it lies, and what happens to the container."""

    lot: str
    expiry: dt.date | None
    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What drawing a line takes, in a few words: what it uses up, of which lots, what is lost."""

    uses: str
    lots: str
    wasted: str | None


@dataclass(frozen=True, slots=True)
class LotOption:
    """A lot that could be drawn instead, and how much of it there is."""

    number: str
    expiry: dt.date | None
    available: Decimal
    is_open: bool
    place: str
    is_held: bool = False
    """Whether it went on hold since: it is for who names it, and why, alone."""


def container_word(item: Item, count: int = 1) -> str:
    """Return what ``count`` containers of ``item`` are called in a sentence."""
    return containers(count, item.container, item.unit)


def brief(item: Item, planned: CoveredNeed) -> Brief | None:
    """Return ``planned`` in a few words: "1 vial", "A-1", "2 ml wasted"; None of no draws."""
    if not planned.draws:
        return None
    lots = list(dict.fromkeys(draw.source.lot_number for draw in planned.draws))
    wasted = sum((draw.wasted for draw in planned.draws), ZERO)
    return Brief(
        uses=_uses(item, planned.draws),
        lots=", ".join(lots),
        wasted=str(_("%(wasted)s wasted", wasted=_measure(wasted, item))) if wasted else None,
    )


def _uses(item: Item, draws: Sequence[Draw]) -> str:
    """Return what ``draws`` use up: "1 vial", "open vial", "open vial + 1 vial", "3 pieces"."""
    if item.unit is Unit.EACH:
        return _measure(sum((draw.taken + draw.wasted for draw in draws), ZERO), item)
    sealed = sum(draw.containers for draw in draws)
    parts = []
    if any(draw.source.container_id is not None for draw in draws):
        parts.append(str(_("open %(container)s", container=container_word(item))))
    if sealed:
        parts.append(f"{quantity(sealed)} {container_word(item, sealed)}")
    return " + ".join(parts)


def draws_in_words(
    item: Item, planned: CoveredNeed, places: Mapping[int, str]
) -> tuple[DrawWords, ...]:
    """Return a line of words for each draw of ``planned``."""
    return tuple(
        DrawWords(
            draw.source.lot_number,
            draw.source.expiry,
            places.get(draw.source.location_id, ""),
            _sentence(item, draw),
        )
        for draw in planned.draws
    )


def left_in_words(item: Item, planned: CoveredNeed, available: Decimal) -> str | None:
    """Return what the clinic may still draw of an item afterwards, all its lots together."""
    if not planned.draws:
        return None
    gone = sum((draw.taken + draw.wasted for draw in planned.draws), ZERO)
    return str(_("%(left)s left here after this.", left=_measure(available - gone, item)))


def _sentence(item: Item, draw: Draw) -> str:
    used = draw.taken + draw.wasted
    if item.unit is Unit.EACH:
        return str(ngettext("Uses %(num)s piece.", "Uses %(num)s pieces.", int(used)))
    if draw.source.container_id is not None:
        return str(
            _(
                "Uses the open %(container)s, %(there)s left in it.",
                container=container_word(item),
                there=_measure(draw.source.quantity, item),
            )
        )
    counted = f"{draw.containers} {container_word(item, draw.containers)}"
    if item.dose is Dose.SINGLE:
        return str(_("Uses %(containers)s.", containers=counted))
    rest = draw.containers * draw.source.content - used
    return str(
        ngettext(
            "Opens %(containers)s; %(rest)s stay in it.",
            "Opens %(containers)s; %(rest)s stay in the last.",
            draw.containers,
            containers=counted,
            rest=_measure(rest, item),
        )
    )


def waste_in_words(item: Item, planned: CoveredNeed) -> str | None:
    """Return what will be wasted of a line and why, or None."""
    wasted = sum((draw.wasted for draw in planned.draws), ZERO)
    if not wasted:
        return None
    if item.dose is Dose.SINGLE:
        return str(
            _(
                "%(wasted)s of the %(container)s will be wasted: single dose.",
                wasted=_measure(wasted, item),
                container=container_word(item),
            )
        )
    return str(
        _("%(wasted)s will be wasted: it stays in the syringe.", wasted=_measure(wasted, item))
    )


def lot_options(sources: Sequence[Source], places: Mapping[int, str]) -> list[LotOption]:
    """Return the lots among ``sources`` (in drawing order), each with all there is of it."""
    found: dict[int, LotOption] = {}
    for source in sources:
        known = found.get(source.lot_id)
        found[source.lot_id] = LotOption(
            source.lot_number,
            source.expiry,
            source.quantity + source.later + (known.available if known else ZERO),
            source.container_id is not None or (known is not None and known.is_open),
            known.place if known else places.get(source.location_id, ""),
            source.later > 0 or (known is not None and known.is_held),
        )
    return list(found.values())


def _measure(value: Decimal, item: Item) -> str:
    """Return a quantity with its unit: "2.5 ml", "57 pieces"."""
    return f"{quantity(value)} {unit_word(item.unit, value)}"
