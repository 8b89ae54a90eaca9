"""What a patient reference is known to be allergic to, in a whole practice, until taken back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.allergens import allergen_code
from supply.catalogue.models import ProductAllergen
from supply.catalogue.wording import ALLERGEN_WORDS
from supply.db import db, table, upsert
from supply.items.models import Item, ItemProduct
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import KnownAllergen
from supply.treatments.references import patient_reference, reference_key

_KNOWN = table(KnownAllergen)
LONGEST_CODE = 60

STANDING = _KNOWN.c.withdrawn_at.is_(None)
"""What is known still: nobody took it back."""


def known_of(practice_id: int, reference: str) -> list[KnownAllergen]:
    """Return what is known of a patient reference in the practice, by allergen."""
    return list(
        db.session.scalars(_of(practice_id, reference).where(KnownAllergen.withdrawn_at.is_(None)))
    )


def known_of_all(practice_id: int, references: Collection[str]) -> dict[str, list[KnownAllergen]]:
    """Return what is known of some patient references, by reference as given; one statement."""
    written: dict[str, list[str]] = defaultdict(list)
    for reference in references:
        written[reference_key(reference)].append(reference)
    rows = db.session.scalars(
        sa.select(KnownAllergen)
        .where(
            KnownAllergen.practice_id == practice_id,
            KnownAllergen.reference_key.in_(sorted(written)),
            KnownAllergen.withdrawn_at.is_(None),
        )
        .order_by(KnownAllergen.allergen, KnownAllergen.id)
    )
    found: dict[str, list[KnownAllergen]] = defaultdict(list)
    for row in rows:
        for reference in written[row.reference_key]:
            found[reference].append(row)
    return found


def withdrawn_of(practice_id: int, reference: str) -> list[KnownAllergen]:
    """Return what was once known of a patient reference and taken back."""
    return list(
        db.session.scalars(
            _of(practice_id, reference).where(KnownAllergen.withdrawn_at.is_not(None))
        )
    )


def _of(practice_id: int, reference: str) -> sa.Select[KnownAllergen]:
    return (
        sa.select(KnownAllergen)
        .options(joinedload(KnownAllergen.noted_by), joinedload(KnownAllergen.withdrawn_by))
        .where(
            KnownAllergen.practice_id == practice_id,
            KnownAllergen.reference_key == reference_key(reference),
        )
        .order_by(KnownAllergen.allergen, KnownAllergen.id)
    )


def note(
    clinic: Clinic, reference: str, allergens: Iterable[str], *, actor: Actor, now: dt.datetime
) -> list[str]:
    """Note that the patient behind ``reference`` is allergic to ``allergens``; return their codes.

    What is known already stays as it was noted. Two who note the same at once leave one row.

    Raises:
        InvalidInput: no reference, or a name that no allergen can have.
    """
    written = patient_reference(reference)
    codes = _codes(allergens)
    if not codes:
        return []
    key = reference_key(written)
    statement = upsert(_KNOWN).on_conflict_do_nothing(
        index_elements=["practice_id", "reference_key", "allergen"], index_where=STANDING
    )
    for code in codes:
        made = db.session.execute(
            statement.returning(_KNOWN.c.id),
            {
                "practice_id": clinic.practice_id,
                "reference_key": key,
                "patient_reference": written,
                "allergen": code,
                "noted_at": now,
                "noted_by_id": actor.person_id,
            },
        ).scalar_one_or_none()
        if made is not None:
            audit.record(
                actor,
                "allergen.noted",
                ("known_allergen", made),
                now,
                practice_id=clinic.practice_id,
                clinic_id=clinic.id,
                after={"patient_reference": written, "allergen": code},
            )
    return codes


def _codes(allergens: Iterable[str]) -> list[str]:
    codes = sorted({allergen_code(text) for text in allergens} - {""})
    if any(len(code) > LONGEST_CODE for code in codes):
        raise InvalidInput(("allergens", _("An allergen's name has at most 60 characters.")))
    return codes


def withdraw(clinic: Clinic, known_id: int, reason: str, *, actor: Actor, now: dt.datetime) -> None:
    """Take back that a patient is allergic to something; who, when and why is kept.

    Raises:
        InvalidInput: no reason.
        Refusal: it was taken back before, or is not of this practice.
    """
    if not reason.strip():
        raise InvalidInput(("reason", _("Say how it is known that the patient tolerates it.")))
    changed = db.session.execute(
        sa.update(_KNOWN)
        .where(_KNOWN.c.id == known_id, _KNOWN.c.practice_id == clinic.practice_id, STANDING)
        .values(withdrawn_at=now, withdrawn_by_id=actor.person_id, withdrawn_reason=reason.strip())
        .returning(_KNOWN.c.patient_reference, _KNOWN.c.allergen)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This was taken back before."))
    db.session.expire_all()
    audit.record(
        actor,
        "allergen.withdrawn",
        ("known_allergen", known_id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
        before={"patient_reference": changed.patient_reference, "allergen": changed.allergen},
        after={"reason": reason.strip()},
    )


def is_known(practice: sa.ColumnElement[int], key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return, for a statement, whether anything is known of a reference's ``key``."""
    return (
        sa.exists()
        .where(_KNOWN.c.practice_id == practice, _KNOWN.c.reference_key == key, STANDING)
        .correlate_except(_KNOWN)
    )


def allergens_to_choose(practice_id: int) -> list[str]:
    """Return the codes of allergens to choose from: ours, and those of the practice's products."""
    carried = db.session.scalars(
        sa.select(ProductAllergen.allergen)
        .join(ItemProduct, ItemProduct.product_id == ProductAllergen.product_id)
        .join(Item, Item.id == ItemProduct.item_id)
        .where(Item.practice_id == practice_id)
        .distinct()
    )
    return sorted({*ALLERGEN_WORDS, *map(allergen_code, carried)})
