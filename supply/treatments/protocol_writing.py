"""Protocols written by hand: a new one, and changing what one says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.actor import Actor
from supply.db import db
from supply.formulations.models import Formulation
from supply.formulations.services import code_fault
from supply.refusals import InvalidInput
from supply.treatments.models import Protocol
from supply.treatments.protocols import save_protocol
from supply.treatments.rules import InvalidDaysError, session_days

LONGEST_NAME = 200
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class ProtocolText:
    """What is typed of a protocol; ``days`` are words, from the first session: "0 14 28"."""

    name: str
    formulation_id: int
    days: str
    maintenance_days: int | None = None
    sessions_minimum: int | None = None
    evidence: str = ""
    source: str = ""


def create_protocol(
    practice_id: int, code: str, typed: ProtocolText, *, actor: Actor, now: dt.datetime
) -> Protocol:
    """Add a protocol under the practice's own ``code``.

    Raises:
        InvalidInput: a code that is none or is taken; a missing name, another practice's
            formulation, days that cannot be: every fault by field.
    """
    kept = text.code(code)
    faults = [("code", fault)] if (fault := code_fault(kept)) else []
    if not faults and _with_code(practice_id, kept):
        faults = [("code", _("You have a protocol with the code %(code)s already.", code=kept))]
    protocol = Protocol(practice_id=practice_id, code=kept)
    return _write(protocol, typed, faults, actor, now)


def change_protocol(
    protocol: Protocol, typed: ProtocolText, *, actor: Actor, now: dt.datetime
) -> Protocol:
    """Let a protocol say something else; courses already planned keep their days.

    Raises InvalidInput as `create_protocol`.
    """
    return _write(protocol, typed, [], actor, now)


def _write(
    protocol: Protocol,
    typed: ProtocolText,
    faults: Sequence[tuple[str, str]],
    actor: Actor,
    now: dt.datetime,
) -> Protocol:
    found = list(faults)
    name = text.clean(typed.name)
    if not name or len(name) > LONGEST_NAME or text.has_control(name):
        message = _("Give it a name of at most %(count)d characters.", count=LONGEST_NAME)
        found.append(("name", message))
    formulation = _formulation(protocol.practice_id, typed.formulation_id)
    if formulation is None:
        found.append(("formulation", _("Choose what is given.")))
    days: tuple[int, ...] = ()
    try:
        days = session_days(typed.days)
    except InvalidDaysError as error:
        found.append(("days", str(error)))
    if days and typed.sessions_minimum and typed.sessions_minimum > len(days):
        message = _("Enter no more than the days above: %(count)d.", count=len(days))
        found.append(("sessions_minimum", message))
    if found or formulation is None:
        raise InvalidInput(*found)
    columns = {
        "name": name,
        "formulation_id": formulation.id,
        "concern": formulation.concern,
        "maintenance_days": typed.maintenance_days,
        "sessions_minimum": typed.sessions_minimum,
        "evidence": text.clean(typed.evidence)[:LONGEST_NOTE],
        "source": text.clean(typed.source)[:LONGEST_NOTE],
    }
    save_protocol(protocol, columns, days, actor=actor, now=now)
    return protocol


def _with_code(practice_id: int, code: str) -> bool:
    known = db.session.scalars(sa.select(Protocol.code).where(Protocol.practice_id == practice_id))
    return text.fold(code) in {text.fold(other) for other in known}


def _formulation(practice_id: int, formulation_id: int) -> Formulation | None:
    return db.session.scalar(
        sa.select(Formulation).where(
            Formulation.id == formulation_id,
            Formulation.practice_id == practice_id,
            Formulation.archived_at.is_(None),
        )
    )
