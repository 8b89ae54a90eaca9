"""The loggers of a clinic: which there are, where, and how long their calibration holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.coldchain.models import Logger
from supply.db import db
from supply.items.models import Location
from supply.refusals import InvalidInput
from supply.text import clean, fold


@dataclass(frozen=True, slots=True)
class LoggerChange:
    """What a person says of a logger."""

    serial: str
    location: Location
    name: str = ""
    calibration_valid_to: dt.date | None = None


def loggers_of(clinic: Clinic) -> list[Logger]:
    """Return the clinic's loggers in use, by location and serial number."""
    query = (
        sa.select(Logger)
        .join(Location, Location.id == Logger.location_id)
        .options(sa.orm.contains_eager(Logger.location))
        .where(Logger.clinic_id == clinic.id, Logger.retired_at.is_(None))
        .order_by(Location.position, Location.id, Logger.serial_key)
    )
    return list(db.session.scalars(query))


def save_logger(
    clinic: Clinic,
    logger: Logger | None,
    change: LoggerChange,
    *,
    actor: Actor,
    now: dt.datetime,
) -> Logger:
    """Add a logger, or change one. A retired one of the same number is taken up again.

    Raises:
        InvalidInput: no serial number, or another logger has it.
    """
    serial = clean(change.serial)
    if not serial:
        raise InvalidInput(("serial", _("Enter the serial number.")))
    twin = db.session.scalar(
        sa.select(Logger).where(Logger.clinic_id == clinic.id, Logger.serial_key == fold(serial))
    )
    if twin is not None and twin is not logger and twin.retired_at is None:
        raise InvalidInput(("serial", _("There is a logger with that serial number already.")))
    logger = logger or twin or Logger(clinic_id=clinic.id)
    if twin is not None and twin is not logger:
        raise InvalidInput(("serial", _("A retired logger has that serial number.")))
    logger.serial, logger.serial_key = serial, fold(serial)
    logger.name, logger.location_id = clean(change.name), change.location.id
    logger.calibration_valid_to, logger.retired_at = change.calibration_valid_to, None
    db.session.add(logger)
    db.session.flush()
    _record("logger.saved", logger, actor, now)
    return logger


def retire_logger(logger: Logger, *, actor: Actor, now: dt.datetime) -> None:
    """Say that a logger is in use no more; its readings stay."""
    logger.retired_at = now
    db.session.flush()
    _record("logger.retired", logger, actor, now)


def restore_logger(logger: Logger, *, actor: Actor, now: dt.datetime) -> None:
    """Take a retired logger back into use."""
    logger.retired_at = None
    db.session.flush()
    _record("logger.restored", logger, actor, now)


def _record(action: str, logger: Logger, actor: Actor, now: dt.datetime) -> None:
    until = logger.calibration_valid_to
    audit.record(
        actor,
        action,
        ("logger", logger.id),
        now,
        clinic_id=logger.clinic_id,
        after={
            "serial": logger.serial,
            "location": logger.location_id,
            "calibration_valid_to": until.isoformat() if until else None,
        },
    )
