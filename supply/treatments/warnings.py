"""What a session must not do without a reason: warnings, and the reasons people gave.

A warning has a key ("allergen:fish", "mix:deoxycholic-acid"), the items it is about, where it is
known from and a sentence. Recording goes on only when each is overridden with a reason, which
stays with the session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _

from supply.catalogue import wording
from supply.catalogue.allergens import allergen_code
from supply.catalogue.mixing import Clash
from supply.catalogue.models import ProductAllergen
from supply.db import db
from supply.formulations.mixing import clashes_among
from supply.inventory.drawing import CoveredNeed, UsedItem
from supply.inventory.models import Hold, Lot
from supply.items.models import ItemProduct
from supply.refusals import Refusal
from supply.treatments.allergies import known_of, known_of_all
from supply.treatments.models import KnownAllergen

ALLERGEN = "allergen:"
"""How the keys of warnings about an allergen begin; its code follows."""

HELD = "held:"
"""How the keys of warnings about a lot that went on hold since begin; its number follows."""

MIX = "mix:"
"""How the keys of warnings about what must not meet begin; the pair's code follows."""


@dataclass(frozen=True, slots=True)
class SessionWarning:
    """Something that asks for a reason: its key, items' codes, source, and what is said."""

    key: str
    skus: tuple[str, ...]
    source: str
    message: str

    @property
    def allergen(self) -> str | None:
        """The allergen's code, of a warning about one."""
        return self.key.removeprefix(ALLERGEN) if self.key.startswith(ALLERGEN) else None

    @property
    def is_mix(self) -> bool:
        """Whether it is about what must not meet."""
        return self.key.startswith(MIX)

    def as_json(self) -> dict[str, object]:
        """Return what the API answers."""
        return {
            "warning": self.key,
            "skus": list(self.skus),
            "source": self.source,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Overridden:
    """A warning that a person went on from, and why."""

    warning: SessionWarning
    reason: str


class WarningsError(Refusal):
    """Warnings nobody gave a reason for: all that stand, each of them."""

    def __init__(self, warnings: Sequence[SessionWarning]) -> None:
        """Keep the warnings; the sentence shown is theirs, one after another."""
        said = " ".join(warning.message for warning in warnings)
        super().__init__(_("%(warnings)s Give a reason to go on.", warnings=said))
        self.warnings = list(warnings)


def overridden(warnings: Sequence[SessionWarning], reasons: Mapping[str, str]) -> list[Overridden]:
    """Return each of ``warnings`` with its reason.

    Raises:
        WarningsError: naming those that have none.
    """
    missing = [found for found in warnings if not reasons.get(found.key, "").strip()]
    if missing:
        raise WarningsError(missing)
    return [Overridden(found, reasons[found.key].strip()) for found in warnings]


def allergen_warnings(
    practice_id: int,
    reference: str,
    items: Collection[UsedItem],
    planned: Iterable[CoveredNeed],
) -> list[SessionWarning]:
    """Return what of ``items`` the patient is known to be allergic to, by allergen.

    What an item contains is judged by every product it is bought as, and by those its drawn
    lots and open containers came as.
    """
    known = known_of(practice_id, reference)
    if not known:
        return []
    lots = {draw.source.lot_id for step in planned for draw in step.draws}
    return _warnings(known, items, contents([item.id for item in items], lots))


def held_warnings(planned: Iterable[CoveredNeed]) -> list[SessionWarning]:
    """Return the lots that a person named as given before they went on hold.

    What was given was given: whoever had some of a lot that is recalled since has to be found. But
    it is not to be drawn today by dating it back, so that somebody says why.
    """
    used: dict[int, UsedItem] = {
        draw.source.lot_id: step.need.item
        for step in planned
        for draw in step.draws
        if draw.source.later and step.need.lot_id is not None
    }
    if not used:
        return []
    rows = db.session.execute(
        sa.select(Lot.id, Lot.number, sa.func.min(Hold.reason).label("reason"))
        .join(Hold, Hold.lot_id == Lot.id)
        .where(Lot.id.in_(used), Hold.released_at.is_(None))
        .group_by(Lot.id, Lot.number)
        .order_by(Lot.id)
    )
    return [
        SessionWarning(
            f"{HELD}{row.number}"[:120],
            (used[row.id].code,),
            row.reason,
            _("Lot %(lot)s is on hold by now. Go on only if it was given before.", lot=row.number),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ToGive:
    """What a booked session is to give to whom: its items, and the lots they will come from."""

    reference: str
    items: Sequence[UsedItem]
    lot_ids: Collection[int]


def allergies_met(
    practice_id: int, booked: Mapping[int, ToGive]
) -> dict[int, list[SessionWarning]]:
    """Return by session the allergens that its patient is known not to bear.

    At most two statements, whatever is booked; what an item contains is judged as in
    :func:`allergen_warnings`.
    """
    known = known_of_all(practice_id, {one.reference for one in booked.values()})
    met = {key: one for key, one in booked.items() if one.reference in known}
    if not met:
        return {}
    contained = contents(
        sorted({item.id for one in met.values() for item in one.items}),
        sorted({lot_id for one in met.values() for lot_id in one.lot_ids}),
    )
    found = {key: _warnings(known[one.reference], one.items, contained) for key, one in met.items()}
    return {key: warnings for key, warnings in found.items() if warnings}


def _warnings(
    known: Iterable[KnownAllergen],
    items: Collection[UsedItem],
    contained: Mapping[int, Collection[str]],
) -> list[SessionWarning]:
    found = []
    for allergy in known:
        guilty = [item for item in items if allergy.allergen in contained.get(item.id, ())]
        if guilty:
            found.append(_warning(allergy, guilty))
    return found


def mix_warnings(items: Collection[UsedItem]) -> list[SessionWarning]:
    """Return what of ``items`` must not be injected together."""
    injected = {item.id: item for item in items if item.injectable}
    units = {item.id: item.unit for item in injected.values()}
    return [_mix_warning(clash, injected) for clash in clashes_among(units)]


def _mix_warning(clash: Clash, injected: Mapping[int, UsedItem]) -> SessionWarning:
    met = [injected[item_id] for item_id in clash.item_ids]
    return SessionWarning(
        key=f"{MIX}{clash.pair.code}",
        skus=tuple(item.code for item in met),
        source=str(clash.pair.source),
        message=_(
            "%(what)s: %(items)s.",
            what=str(clash.pair.sentence),
            items=", ".join(item.name for item in met),
        ),
    )


def contents(item_ids: Collection[int], lot_ids: Collection[int]) -> dict[int, set[str]]:
    """Return the codes of the allergens in each item: in its products, and in these lots'."""
    by_product = (
        sa.select(ItemProduct.item_id, ProductAllergen.allergen)
        .join(ProductAllergen, ProductAllergen.product_id == ItemProduct.product_id)
        .where(ItemProduct.item_id.in_(item_ids))
    )
    by_lot = (
        sa.select(Lot.item_id, ProductAllergen.allergen)
        .join(ProductAllergen, ProductAllergen.product_id == Lot.product_id)
        .where(Lot.id.in_(lot_ids))
    )
    found: dict[int, set[str]] = {}
    for item_id, allergen in db.session.execute(sa.union(by_product, by_lot)):
        found.setdefault(item_id, set()).add(allergen_code(allergen))
    return found


def _warning(allergy: KnownAllergen, guilty: Sequence[UsedItem]) -> SessionWarning:
    return SessionWarning(
        key=f"{ALLERGEN}{allergy.allergen}",
        skus=tuple(item.code for item in guilty),
        source=_(
            "Noted for %(patient)s on %(day)s",
            patient=allergy.patient_reference,
            day=format_date(allergy.noted_at, "d MMM y"),
        ),
        message=_(
            "%(patient)s is allergic to %(allergen)s, and this contains it: %(items)s.",
            patient=allergy.patient_reference,
            allergen=wording.allergen(allergy.allergen).lower(),
            items=", ".join(item.name for item in guilty),
        ),
    )
