"""What the Use page shows of a session about to be recorded, line by line."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.formulations.queries import Carried, carried_by
from supply.formulations.terms import Per
from supply.inventory import drawing
from supply.inventory.costs import Cost, share
from supply.inventory.refusals import ShortItem
from supply.inventory.rules import Draw, Source, fefo
from supply.inventory.worth import Worth, added
from supply.items.models import Item
from supply.quantity import ZERO, Unit
from supply.refusals import InvalidInput
from supply.treatments import queries
from supply.treatments.blend import Blend, BlendLine, requested
from supply.treatments.elsewhere import spared
from supply.treatments.outcomes import (
    Brief,
    DrawWords,
    LotOption,
    brief,
    draws_in_words,
    left_in_words,
    lot_options,
    waste_in_words,
)
from supply.treatments.recording import Preview, preview_session
from supply.treatments.warnings import SessionWarning
from supply.web.numbers import typed


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
    facts: Carried
    patient_allergens: tuple[str, ...]
    options: list[LotOption]
    substitutes: list[Substitute]
    brief: Brief | None = None
    draws: tuple[DrawWords, ...] = ()
    waste: str | None = None
    left: str | None = None
    short: ShortItem | None = None
    tracked: bool = True

    @property
    def is_consumable(self) -> bool:
        """Whether it is used by the piece and injects nothing: a wipe, an empty syringe."""
        item = self.line.item
        return item.unit is Unit.EACH and not (item.injectable and self.facts.ingredients)

    @property
    def missing(self) -> Decimal:
        """How much more than is there would have to be."""
        return self.short.needed - self.short.available if self.short else ZERO

    @property
    def usable(self) -> Decimal:
        """How much can be given of what falls short: what is there, less what syringes keep."""
        if self.short is None:
            return ZERO
        given = self.line.given or ZERO
        return max(self.short.available - (self.short.needed - given), ZERO)

    @property
    def usable_typed(self) -> str:
        """That much, as it is typed into the field."""
        return typed(self.usable)

    @property
    def is_changed(self) -> bool:
        """Whether something else is given than the recipe says."""
        line = self.line
        return line.out or line.instead_of is not None or line.given != line.planned

    @property
    def needs_a_look(self) -> bool:
        """Whether the line is not simply as the recipe says, or cannot be drawn so."""
        line = self.line
        return bool(
            self.is_changed or line.errors or line.lot or self.short or self.patient_allergens
        )

    @property
    def lot_is_usual(self) -> bool:
        """Whether the first to expire serves: nobody picked another lot."""
        return not self.line.lot and "scan" not in self.line.errors


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning on the page, with the reason typed so far; ``missing`` asks for it."""

    warning: SessionWarning
    reason: str
    missing: bool

    @property
    def field(self) -> str:
        """Name of the field for the reason."""
        return f"{OVERRIDE}{self.warning.key}"

    @property
    def id(self) -> str:
        """Id of that field."""
        return self.field.replace(":", "-")


OVERRIDE = "override-"
"""How the fields begin that hold reasons: the warning's key follows."""


@dataclass(frozen=True, slots=True)
class UsePage:
    """All lines of the page, and why they cannot be told where they cannot."""

    lines: list[LineView]
    refusal: InvalidInput | None = None
    short: list[LineView] = field(default_factory=list)
    cautions: list[Caution] = field(default_factory=list)
    cost: Worth | None = None
    spared: Mapping[int, str] = field(default_factory=dict)
    """Who could spare what is short, by item."""

    @property
    def drugs(self) -> list[LineView]:
        """What is injected, then creams and the like: all that is no consumable."""
        found = [view for view in self.lines if not view.is_consumable]
        return sorted(found, key=lambda view: not view.line.item.injectable)

    @property
    def consumables(self) -> list[LineView]:
        """The lines used by the piece and not injected."""
        return [view for view in self.lines if view.is_consumable]

    @property
    def consumables_are_open(self) -> bool:
        """Whether there is something to see among the consumables, or nothing else."""
        return not self.drugs or any(view.needs_a_look for view in self.consumables)

    @property
    def consumables_changed(self) -> int:
        """How many consumables are not simply as the recipe says."""
        return sum(view.needs_a_look for view in self.consumables)

    @property
    def allergens(self) -> list[str]:
        """The codes of allergens in what is given, less those that a caution names."""
        given = [view for view in self.lines if not view.line.out]
        warned = {code for view in given for code in view.patient_allergens}
        return sorted({code for view in given for code in view.facts.allergens} - warned)

    @property
    def caution_keys(self) -> str:
        """The warnings shown, so that a preview knows whether they are still the same."""
        return " ".join(caution.warning.key for caution in self.cautions)


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
    there = drawing.drawable_then(clinic.id, item_ids, at=at, timezone=clinic.timezone)
    for source in sorted(fefo(there), key=lambda one: one.quantity <= 0):
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


@dataclass(frozen=True, slots=True)
class Saying:
    """What was said once of the session: for whom, when, and why in spite of warnings.

    ``ask_why`` says that it was to be recorded: reasons that are missing are asked for.
    """

    patient_reference: str
    at: dt.datetime | None
    overrides: Mapping[str, str]
    ask_why: bool


def assemble(
    clinic: Clinic, blend: Blend, stock: Shelves, saying: Saying, now: dt.datetime
) -> UsePage:
    """Return the page of ``blend``."""
    preview, refusal = _preview(clinic, blend, saying, now)
    facts = carried_by([line.item.id for line in blend.lines])
    warnings = preview.warnings if preview is not None else ()
    views = [_view(line, blend, stock, preview, facts[line.item.id]) for line in blend.lines]
    cautions = [_caution(warning, saying) for warning in warnings]
    short = [view for view in views if view.short]
    cost = None if preview is None or short else _cost(clinic, preview)
    missing = {view.line.item.id: view.missing for view in short}
    return UsePage(views, refusal, short, cautions, cost, spared(clinic, missing, now))


def _cost(clinic: Clinic, preview: Preview) -> Worth | None:
    """Return what recording takes off the shelves, at what its lots cost the clinic."""
    return added([_draw_cost(clinic, draw) for step in preview.planned for draw in step.draws])


def _draw_cost(clinic: Clinic, draw: Draw) -> Worth:
    source = draw.source
    gone = draw.taken + draw.wasted
    known = share(source.quantity + source.held, Cost(source.costed, source.cost_minor), gone)
    return Worth.of(clinic.currency, gone, known.costed, known.minor)


def _caution(warning: SessionWarning, saying: Saying) -> Caution:
    reason = saying.overrides.get(warning.key, "")
    return Caution(warning, reason, saying.ask_why and not reason.strip())


def _preview(
    clinic: Clinic, blend: Blend, saying: Saying, now: dt.datetime
) -> tuple[Preview | None, InvalidInput | None]:
    wanted = requested(
        blend, patient_reference=saying.patient_reference, at=saying.at, planned=None
    )
    try:
        return preview_session(clinic, wanted, now=now), None
    except InvalidInput as refusal:
        return None, refusal


def _view(
    line: BlendLine, blend: Blend, stock: Shelves, preview: Preview | None, facts: Carried
) -> LineView:
    item = line.item
    planned = short = None
    tracked = True
    warned: tuple[str, ...] = ()
    if preview is not None and not line.out and "amount" not in line.errors:
        planned = next((p for p in preview.planned if p.need.item.id == item.id), None)
        short = next((s for s in preview.short if s.item_id == item.id), None)
        tracked = all(known.item.tracked for known in preview.lines if known.item.id == item.id)
        warned = tuple(
            warning.allergen
            for warning in preview.warnings
            if warning.allergen is not None and item.code in warning.skus
        )
    drawn = planned if planned and not short else None
    return LineView(
        line=line,
        facts=facts,
        patient_allergens=warned,
        options=lot_options(stock.sources.get(item.id, ()), stock.places),
        substitutes=_substitutes(line, blend, stock),
        brief=brief(item, drawn) if drawn else None,
        draws=draws_in_words(item, drawn, stock.places) if drawn else (),
        waste=waste_in_words(item, drawn) if drawn else None,
        left=left_in_words(item, drawn, stock.available(item.id)) if drawn else None,
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
