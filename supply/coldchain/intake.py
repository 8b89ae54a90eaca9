"""Files that people and programs bring: looked at, then taken in as they were understood."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from supply import clock
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.coldchain.files.fridge_tag import is_fridge_tag, read_fridge_tag
from supply.coldchain.files.grid import Grid, read_grid
from supply.coldchain.files.reading import FileReadings, read_file
from supply.coldchain.files.understanding import Question, Understood, understand
from supply.coldchain.models import FileShape, Logger
from supply.coldchain.readings import Brought, Taken, take_in
from supply.coldchain.terms import Source
from supply.db import db, table, upsert
from supply.items.models import Location
from supply.text import fold

SHAPE = table(FileShape)


@dataclass(frozen=True, slots=True)
class LoggerFile:
    """A file as it was understood. ``understood`` None: a shape that needs no finding out."""

    content: bytes
    filename: str
    serial: str
    readings: FileReadings | None
    understood: Understood | None = None
    known: bool = False
    """Whether it is of a kind that is read without asking."""

    @property
    def questions(self) -> Sequence[Question]:
        """What it does not tell with certainty."""
        return self.understood.questions if self.understood else ()

    @property
    def sha256(self) -> str:
        """The file's hash."""
        return hashlib.sha256(self.content).hexdigest()


def look(
    clinic: Clinic,
    content: bytes,
    filename: str,
    answers: Mapping[str, str],
    now: dt.datetime,
) -> LoggerFile:
    """Return what is in a file; call it outside a transaction, for it may take a second.

    Kinds of files that were confirmed at the clinic are read as then.

    Raises:
        FaultyTable: no file of a logger, or rows at fault.
    """
    grid = read_grid(content, filename)
    if is_fridge_tag(grid.text):
        tag = read_fridge_tag(grid.text, filename)
        return LoggerFile(content, filename, tag.serial, tag.readings, known=True)
    found = _understood(clinic, grid, now)
    kept = _shapes(clinic, found.signature)
    if kept and not answers:
        found = understand(grid, clock.local_date(now, clinic.timezone), kept)
    found = found.answered(answers)
    readings = None
    if not found.questions:
        zone = ZoneInfo(clock.zone(clinic.timezone).key)
        readings = read_file(found.columns, found.shape, zone, filename)
    return LoggerFile(content, filename, found.serial, readings, found, known=bool(kept))


def _understood(clinic: Clinic, grid: Grid, now: dt.datetime) -> Understood:
    return understand(grid, clock.local_date(now, clinic.timezone))


def _shapes(clinic: Clinic, signature: str) -> dict[str, dict[str, object]]:
    rows = db.session.execute(
        sa.select(FileShape.signature, FileShape.reading).where(
            FileShape.clinic_id == clinic.id, FileShape.signature == signature
        )
    )
    return {row.signature: row.reading for row in rows}


def logger_of(clinic: Clinic, serial: str) -> Logger | None:
    """Return the clinic's logger with a serial number that is in use."""
    if not serial:
        return None
    query = sa.select(Logger).where(
        Logger.clinic_id == clinic.id,
        Logger.serial_key == fold(serial),
        Logger.retired_at.is_(None),
    )
    return db.session.scalars(query).one_or_none()


def take_file(
    location: Location,
    file: LoggerFile,
    *,
    source: Source = Source.FILE,
    confirmed: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> Taken:
    """Take a file's readings in; where it was ``confirmed``, its kind is not asked about again.

    Raises:
        InvalidInput: as :func:`supply.coldchain.readings.take_in`.
        ValueError: something is still to be asked.
    """
    if file.readings is None:
        raise ValueError("ask before it is taken in")
    logger = logger_of(location.clinic, file.serial)
    if confirmed and file.understood is not None:
        _remember(location.clinic_id, file.understood, now)
    brought = Brought(
        source,
        file.readings.points,
        file.readings.days,
        file.sha256,
        file.filename,
        len(file.content),
        logger.id if logger else None,
    )
    return take_in(location, brought, actor=actor, now=now)


def _remember(clinic_id: int, understood: Understood, now: dt.datetime) -> None:
    statement = upsert(SHAPE).values(
        clinic_id=clinic_id,
        signature=understood.signature,
        reading=understood.shape.as_json(),
        confirmed_at=now,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["clinic_id", "signature"],
        set_={name: statement.excluded[name] for name in ("reading", "confirmed_at")},
    )
    db.session.execute(statement)
