"""Taking formulations and protocols out of use, and bringing them back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.formulations.models import Formulation
from supply.refusals import Refusal
from supply.treatments.models import Protocol, TreatmentSession
from supply.treatments.terms import SessionStatus


class StillWanted(Refusal):
    """What is to be archived is still given: booked, or by a protocol in use."""


def archive_formulation(formulation: Formulation, *, actor: Actor, now: dt.datetime) -> None:
    """Take a formulation out of use; what was recorded with it stays. Twice is as once.

    Raises:
        StillWanted: sessions are booked with it, or a protocol in use gives it.
    """
    planned = sa.select(TreatmentSession.id).where(
        TreatmentSession.formulation_id == formulation.id,
        TreatmentSession.status == SessionStatus.PLANNED,
    )
    if booked := len(db.session.scalars(planned).all()):
        raise StillWanted(
            ngettext(
                "%(num)s session is booked with it. Record or cancel that one first.",
                "%(num)s sessions are booked with it. Record or cancel those first.",
                booked,
            )
        )
    giving = db.session.scalars(
        sa.select(Protocol.name)
        .where(Protocol.formulation_id == formulation.id, Protocol.archived_at.is_(None))
        .order_by(Protocol.name)
    ).all()
    if giving:
        raise StillWanted(_("Archive its protocols first: %(names)s.", names=", ".join(giving)))
    _set(formulation, now, "formulation.archived", actor, now)


def bring_back_formulation(formulation: Formulation, *, actor: Actor, now: dt.datetime) -> None:
    """Use an archived formulation again."""
    _set(formulation, None, "formulation.brought_back", actor, now)


def archive_protocol(protocol: Protocol, *, actor: Actor, now: dt.datetime) -> None:
    """Plan no more courses by a protocol; those already planned go on."""
    _set(protocol, now, "protocol.archived", actor, now)


def bring_back_protocol(protocol: Protocol, *, actor: Actor, now: dt.datetime) -> None:
    """Plan courses by an archived protocol again.

    Raises:
        StillWanted: what it gives is archived itself.
    """
    if protocol.formulation.archived_at is not None:
        name = protocol.formulation.name
        raise StillWanted(_("Bring %(name)s back first: it is what this gives.", name=name))
    _set(protocol, None, "protocol.brought_back", actor, now)


def _set(
    kept: Formulation | Protocol,
    archived_at: dt.datetime | None,
    action: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    if (kept.archived_at is None) == (archived_at is None):
        return
    kept.archived_at = archived_at
    db.session.flush()
    audit.record(
        actor,
        action,
        (kept.__tablename__, kept.id),
        now,
        practice_id=kept.practice_id,
        after={"code": kept.code},
    )
