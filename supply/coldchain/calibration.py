"""Telling owners and stock managers that a logger's calibration ends: 60 days ahead, and 30.

What was told is kept on the logger, in the same transaction, by the last day of calibration: a
run that was missed is made up for, nobody is told twice, and a new date is told of anew.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic
from supply.alerts.readers import readers
from supply.clock import local_date
from supply.coldchain.models import Logger
from supply.db import db
from supply.items.models import Location
from supply.outbox.links import public_url
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind

TOLD_AHEAD = (60, 30)
"""Days before the last one at which people are told."""

TOLD_AFTER = 60
"""Days after it within which they still are, where nobody could be told before."""

_ZONES = 1
"""Days by which a clinic's day may differ from the one in UTC."""


def stage_of(until: dt.date, today: dt.date) -> int | None:
    """Return which of the days ahead has come: 60 or 30; None before, and long after."""
    left = (until - today).days
    if not -TOLD_AFTER <= left <= TOLD_AHEAD[0]:
        return None
    return min(ahead for ahead in TOLD_AHEAD if left <= ahead)


def due_notices(now: dt.datetime) -> list[int]:
    """Return the loggers whose calibration's end may have to be told of, by id."""
    today = now.date()
    first = today - dt.timedelta(days=TOLD_AFTER + _ZONES)
    last = today + dt.timedelta(days=TOLD_AHEAD[0] + _ZONES)
    query = sa.select(Logger.id).where(
        Logger.retired_at.is_(None),
        Logger.calibration_valid_to.between(first, last),
        sa.or_(
            Logger.told_for.is_distinct_from(Logger.calibration_valid_to),
            sa.and_(
                Logger.told_days > TOLD_AHEAD[1],
                Logger.calibration_valid_to <= today + dt.timedelta(days=TOLD_AHEAD[1] + _ZONES),
            ),
        ),
    )
    return list(db.session.scalars(query.order_by(Logger.id)))


def tell_of_end(logger_id: int, now: dt.datetime) -> bool:
    """Queue the mails on the end of a calibration, unless they are told or not due.

    The mark is set by a conditional UPDATE: of two who tell at once, one does.
    """
    logger = db.session.get(
        Logger, logger_id, options=[joinedload(Logger.location).joinedload(Location.clinic)]
    )
    until = logger.calibration_valid_to if logger else None
    if logger is None or until is None:
        return False
    clinic = logger.location.clinic
    today = local_date(now, clinic.timezone)
    stage = stage_of(until, today)
    if stage is None or not _marked(logger, until, stage):
        return False
    _tell(logger, clinic, until, today, now)
    return True


def _marked(logger: Logger, until: dt.date, stage: int) -> bool:
    untold = sa.or_(Logger.told_for.is_distinct_from(until), Logger.told_days > stage)
    return (
        db.session.execute(
            sa.update(Logger)
            .where(Logger.id == logger.id, Logger.calibration_valid_to == until, untold)
            .values(told_for=until, told_days=stage)
            .returning(Logger.id)
        ).one_or_none()
        is not None
    )


def _tell(logger: Logger, clinic: Clinic, until: dt.date, today: dt.date, now: dt.datetime) -> None:
    for reader in readers({clinic.id}):
        enqueue(
            MailKind.ACCOUNT,
            to_address=reader.email,
            to_name=reader.name,
            template="calibration",
            context={
                "place": clinic.name,
                "location": logger.location.name,
                "logger": logger.serial,
                "until": until,
                "today": today,
                "out": until < today,
                "button_url": public_url(
                    "coldchain.logger", clinic_code=clinic.code, logger_id=logger.id
                ),
            },
            locale=reader.locale,
            person_id=reader.person_id,
            practice_id=clinic.practice_id,
            now=now,
        )
