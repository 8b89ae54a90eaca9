"""Putting a lot on hold, here or everywhere, and releasing it: each with its reason, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.handling.parts import place_of_part
from supply.inventory.models import Hold, Lot
from supply.inventory.terms import HoldSource
from supply.quantity import as_text
from supply.refusals import InvalidInput, Refusal


def hold(
    clinic: Clinic,
    lot_id: int,
    *,
    location_id: int | None,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    quantity: Decimal | None = None,
    stands_at: str = "",
    source: HoldSource = HoldSource.MANUAL,
) -> Hold:
    """Put a lot on hold in this clinic: everywhere, in one place, or a quantity of one place.

    ``quantity`` (base unit) keeps back as many sealed containers as it takes; ``stands_at`` says
    in words where what is held now stands.

    Raises:
        InvalidInput: no reason, a bad quantity, or a quantity of a lot in several places.
        ShortageError: less lies there that is not on hold yet.
    """
    if not reason.strip():
        raise InvalidInput(("reason", _("Say why it is held.")))
    if quantity is not None:
        location_id, quantity = place_of_part(clinic, lot_id, location_id, quantity)
    held = Hold(
        lot_id=lot_id,
        clinic_id=clinic.id,
        location_id=location_id,
        quantity=quantity,
        reason=reason.strip(),
        stands_at=stands_at.strip(),
        source=source,
        held_by_id=actor.person_id,
        held_at=now,
    )
    db.session.add(held)
    db.session.flush()
    after = {"hold": held.id, "location": location_id, "reason": held.reason}
    if quantity is not None:
        after["quantity"] = as_text(quantity)
    if held.stands_at:
        after["stands_at"] = held.stands_at
    audit.record(actor, "hold.placed", ("lot", lot_id), now, clinic_id=clinic.id, after=after)
    return held


ReleaseCheck = Callable[[Clinic, int], None]
_release_checks: dict[HoldSource, ReleaseCheck] = {}


def checks_release(source: HoldSource) -> Callable[[ReleaseCheck], ReleaseCheck]:
    """Register what refuses to release a hold of ``source``, given the clinic and its source's id.

    For rooms above, which place holds that end in their own way.
    """

    def register(check: ReleaseCheck) -> ReleaseCheck:
        _release_checks[source] = check
        return check

    return register


def release_hold(
    clinic: Clinic, hold_id: int, *, actor: Actor, now: dt.datetime, reason: str = ""
) -> None:
    """Release a hold of this clinic, or of its whole practice, once; ``reason`` is kept with it.

    Raises:
        Refusal: there is no such hold, it was released before, or its source says it may not be.
    """
    changed = db.session.execute(
        sa.update(Hold)
        .where(Hold.id == hold_id, _reaches(clinic), Hold.released_at.is_(None))
        .values(
            released_at=now, released_by_id=actor.person_id, release_reason=reason.strip() or None
        )
        .returning(Hold.lot_id, Hold.source, Hold.source_id)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This hold has already been released."))
    check = _release_checks.get(changed.source)
    if check is not None and changed.source_id is not None:
        check(clinic, changed.source_id)
    after = {"hold": hold_id} | ({"reason": reason.strip()} if reason.strip() else {})
    audit.record(
        actor, "hold.released", ("lot", changed.lot_id), now, clinic_id=clinic.id, after=after
    )


def _reaches(clinic: Clinic) -> sa.ColumnElement[bool]:
    """Return the condition that a hold is on stock of ``clinic``."""
    ours = sa.select(Lot.id).where(Lot.practice_id == clinic.practice_id)
    everywhere = sa.and_(Hold.clinic_id.is_(None), Hold.lot_id.in_(ours))
    return sa.or_(Hold.clinic_id == clinic.id, everywhere)
