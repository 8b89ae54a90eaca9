"""Undoing entries of the ledger."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from supply import clock
from supply.accounts.access import NotFoundHereError, check_may_undo, membership_reaching
from supply.accounts.models import Clinic
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Input, Text
from supply.api.base.schemas import EntrySchema
from supply.db import db
from supply.inventory.models import Entry
from supply.inventory.reversal import reverse

blueprint = api_blueprint("entries", "Entries of the ledger")


class ReversalSchema(Input):
    """Why an entry is undone."""

    reason = Text(500, required=True)


def _mine_to_undo(entry_id: int) -> dict[str, Any]:
    """Hand the entry's id on if the caller may undo it.

    Raises:
        NotFoundHereError: no such entry, or another's.
        ForbiddenError: a colleague's, and the caller keeps no stock.
    """
    row = db.session.execute(
        sa.select(Clinic, Entry.person_id)
        .join(Entry, Entry.clinic_id == Clinic.id)
        .where(Entry.id == entry_id)
    ).one_or_none()
    membership = membership_reaching(auth.person(), row[0]) if row else None
    if row is None or membership is None:
        raise NotFoundHereError(str(entry_id))
    today = clock.local_date(clock.now(), row[0].timezone)
    check_may_undo(membership, row.person_id, today)
    return {"entry_id": entry_id}


@blueprint.route(f"/entries/<int(max={LARGEST_ID}):entry_id>/reversal", methods=["POST"])
@blueprint.response(201, EntrySchema)
@blueprint.writes
@auth.handing(_mine_to_undo)
@blueprint.arguments(ReversalSchema)
def undo(body: dict[str, Any], entry_id: int) -> dict[str, Any]:
    """Undo an entry, once: by who recorded it, a stock manager or an owner."""

    def work(now: dt.datetime) -> dict[str, Any]:
        reason = body["reason"].strip()
        return {"entry": reverse(entry_id, reason=reason, actor=auth.actor(), now=now)}

    return writes.once(work)
