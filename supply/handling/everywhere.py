"""Holding a lot in every clinic at once, and undoing that."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db
from supply.handling import holding
from supply.inventory.models import Hold, Lot
from supply.inventory.terms import HoldSource
from supply.refusals import Refusal


def hold_everywhere(
    clinics: Sequence[Clinic],
    lot_ids: Collection[int],
    *,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    source: HoldSource = HoldSource.MANUAL,
) -> list[int]:
    """Hold each of the lots in each of ``clinics`` of its practice; return the holds' ids.

    Where all of a lot is on hold already, nothing is added.

    Raises:
        InvalidInput: no reason.
        Refusal: all of it is on hold already.
    """
    standing = sa.select(Hold.lot_id, Hold.clinic_id).where(
        Hold.lot_id.in_(lot_ids), Hold.location_id.is_(None), Hold.released_at.is_(None)
    )
    held = {(row.lot_id, row.clinic_id) for row in db.session.execute(standing)}
    lots = db.session.scalars(sa.select(Lot).where(Lot.id.in_(lot_ids)).order_by(Lot.id)).all()
    wanted = [
        (clinic, lot.id)
        for lot in lots
        for clinic in sorted(clinics, key=lambda one: one.id)
        if clinic.practice_id == lot.practice_id
        and not {(lot.id, clinic.id), (lot.id, None)} & held
    ]
    if not wanted:
        raise Refusal(_("All of it is on hold already."))
    return [
        holding.hold(
            clinic, lot_id, location_id=None, reason=reason, source=source, actor=actor, now=now
        ).id
        for clinic, lot_id in wanted
    ]


def release_all(
    clinics: Sequence[Clinic],
    hold_ids: Collection[int],
    *,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Release those of the holds that stand in ``clinics``; return how many.

    Raises:
        Refusal: none stands there any more.
    """
    by_id = {clinic.id: clinic for clinic in clinics}
    holds = db.session.execute(
        sa.select(Hold.id, Hold.clinic_id)
        .where(Hold.id.in_(hold_ids), Hold.clinic_id.in_(by_id), Hold.released_at.is_(None))
        .order_by(Hold.id)
    ).all()
    if not holds:
        raise Refusal(_("This hold has already been released."))
    for row in holds:
        holding.release_hold(by_id[row.clinic_id], row.id, reason=reason, actor=actor, now=now)
    return len(holds)
