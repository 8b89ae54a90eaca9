"""What the Use page shows of a session about to be recorded, line by line."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.formulations.terms import Per
from supply.inventory import use
from supply.inventory.errors import ShortItem
from supply.inventory.models import Item
from supply.inventory.rules import Source, fefo
from supply.quantity import ZERO
from supply.refusals import InvalidInput
from supply.treatments import queries
from supply.treatments.blend import Blend, BlendLine, requested
from supply.treatments.outcomes import (
    DrawWords,
    LotOption,
    draws_in_words,
    lot_options,
    waste_in_words,
)
from supply.treatments.queries import ItemFacts
from supply.treatments.recording import Preview, preview_session


@dataclass(frozen=True, slots=True)
class Substitute:
    """An item that may stand in for a line, how much of it, and what there is."""

    item: Item
    quantity: Decimal
    available: Decimal


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as shown: what was typed, what it would draw and waste, and what is in it."""

    line: BlendLine
    facts: ItemFacts
    patient_allergens: tuple[str, ...]
    options: list[LotOption]
    substitutes: list[Substitute]
    draws: tuple[DrawWords, ...] = ()
    waste: str | None = None
    short: ShortItem | None = None
    tracked: bool = True

    @property
    def lot_is_usual(self) -> bool:
        """Whether the first to expire serves: nobody picked another lot."""
        return not self.line.lot and "scan" not in self.line.errors


@dataclass(frozen=True, slots=True)
class UsePage:
    """All lines of the page, and why they cannot be told where they cannot."""

    lines: list[LineView]
    refusal: InvalidInput | None = None
    short: list[LineView] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shelves:
    """What may be drawn at an instant of the items in question, in drawing order."""

    sources: Mapping[int, list[Source]]
    places: Mapping[int, str]

    def available(self, item_id: int) -> Decimal:
        """Return how much of an item may be drawn."""
        return sum((source.quantity for source in self.sources.get(item_id, ())), ZERO)


def shelves(clinic: Clinic, blend: Blend, at: dt.datetime) -> Shelves:
    """Return what may be drawn at ``at`` of every item on the page and its substitutes."""
    item_ids = {line.item.id for line in blend.lines}
    for line in blend.version.lines:
        item_ids.add(line.item_id)
        item_ids.update(substitute.item_id for substitute in line.substitutes)
    found: dict[int, list[Source]] = defaultdict(list)
    for source in fefo(use.drawable(clinic.id, item_ids, at=at, timezone=clinic.timezone)):
        found[source.item_id].append(source)
    return Shelves(found, queries.places(clinic))


def settle_lots(blend: Blend, stock: Shelves, *, ask_why: bool) -> None:
    """Forget lots picked that would be drawn anyway; note where the reason is missing."""
    for line in blend.lines:
        first = next(iter(stock.sources.get(line.item.id, ())), None)
        if line.lot and first is not None and first.lot_number == line.lot:
            line.lot = ""
        if ask_why and line.lot and not line.out and not line.reason:
            line.errors["reason"] = _("Say why another lot than the first to expire.")


def assemble(
    clinic: Clinic,
    blend: Blend,
    stock: Shelves,
    *,
    at: dt.datetime | None,
    allergens: Collection[str],
    now: dt.datetime,
) -> UsePage:
    """Return the page of ``blend``; ``allergens`` are the patient's, as the course names them."""
    preview, refusal = _preview(clinic, blend, at, now)
    facts = queries.facts_of([line.item.id for line in blend.lines])
    views = [
        _view(line, blend, stock, preview, facts[line.item.id], frozenset(allergens))
        for line in blend.lines
    ]
    return UsePage(views, refusal, [view for view in views if view.short])


def _preview(
    clinic: Clinic, blend: Blend, at: dt.datetime | None, now: dt.datetime
) -> tuple[Preview | None, InvalidInput | None]:
    wanted = requested(blend, patient_reference="", at=at, planned=None)
    try:
        return preview_session(clinic, wanted, now=now), None
    except InvalidInput as refusal:
        return None, refusal


def _view(
    line: BlendLine,
    blend: Blend,
    stock: Shelves,
    preview: Preview | None,
    facts: ItemFacts,
    allergens: frozenset[str],
) -> LineView:
    item = line.item
    planned = short = None
    tracked = True
    if preview is not None and not line.out and "amount" not in line.errors:
        planned = next((p for p in preview.planned if p.want.item.id == item.id), None)
        short = next((s for s in preview.short if s.item_id == item.id), None)
        tracked = all(known.item.tracked for known in preview.lines if known.item.id == item.id)
    return LineView(
        line=line,
        facts=facts,
        patient_allergens=tuple(code for code in facts.allergens if code in allergens),
        options=lot_options(stock.sources.get(item.id, ()), stock.places),
        substitutes=_substitutes(line, blend, stock),
        draws=draws_in_words(item, planned, stock.places) if planned and not short else (),
        waste=waste_in_words(item, planned) if planned and not short else None,
        short=short,
        tracked=tracked,
    )


def _substitutes(line: BlendLine, blend: Blend, stock: Shelves) -> list[Substitute]:
    """Return what may stand in for a line of the recipe and is not on the page already."""
    if line.recipe is None or line.instead_of is not None:
        return []
    present = {other.item.id for other in blend.lines}
    times = blend.areas if line.recipe.per is Per.AREA else 1
    return [
        Substitute(s.item, s.quantity * times, stock.available(s.item_id))
        for s in line.recipe.substitutes
        if s.item_id not in present
    ]
