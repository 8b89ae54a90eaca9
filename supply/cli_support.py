"""What commands share: ``--json``, instants and days as arguments, refusals as exit status 1."""

from __future__ import annotations

import datetime as dt
import errno
import json
import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
import psycopg
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from supply.idempotency import IdempotencyConflictError
from supply.outage import Outage, outage_of
from supply.refusals import Refusal
from supply.tables.parsing.limits import MAXIMUM_BYTES
from supply.web.logs import configure

Function = TypeVar("Function", bound=Callable[..., Any])

REFUSED = 1


class SupplyGroup(click.Group):
    """The ``supply`` command: a refusal goes to stderr and ends it with status 1."""

    def __init__(self, *args: Any, create_app: Callable[[], Flask], **kwargs: Any) -> None:
        """Keep how the application is made; it is made when a command first needs it."""
        super().__init__(*args, **kwargs)
        self.create_app = create_app

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Give commands the application as Flask's own do, unless a test gave its own."""
        extra.setdefault("obj", ScriptInfo(create_app=self.create_app))
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, context: click.Context) -> Any:
        """Run the command that was asked for; logs go to stderr."""
        configure(os.environ.get("LOG_FORMAT", "logfmt"))
        try:
            return super().invoke(context)
        except (Refusal, IdempotencyConflictError) as refusal:
            click.echo(str(refusal), err=True)
            context.exit(REFUSED)
        except (SQLAlchemyError, sqlite3.Error, psycopg.Error, OSError) as error:
            sentence = operators_fault(error)
            if sentence is None:
                raise
            click.echo(sentence, err=True)
            context.exit(REFUSED)


_OUTAGES = {
    Outage.UNREACHABLE: "The database at DATABASE_URL cannot be reached",
    Outage.BUSY: "The database is locked or busy: try again when the other work is done",
    Outage.FULL: "The disk of the database is full",
    Outage.READ_ONLY: "The database can only be read, not written",
    Outage.DAMAGED: "The database's file is damaged, or is none",
    Outage.UNMIGRATED: "The database lacks tables. Run: supply db upgrade",
}


def operators_fault(error: Exception) -> str | None:
    """Return the sentence for what whoever runs Supply can mend; None for a fault of ours."""
    if isinstance(error, ArgumentError):
        return "DATABASE_URL is not one that Supply takes: sqlite:////path or postgresql://…"
    outage = outage_of(error)
    if outage is not None:
        return f"{_OUTAGES[outage]}{_said_by(error)}."
    if isinstance(error, OSError) and error.strerror and error.errno != errno.EPIPE:
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror}{where}."
    return None


def _said_by(error: Exception) -> str:
    """Return what the database's driver says, in one line, without the statement."""
    said = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")
    return f" ({said})" if said else ""


class InstantType(click.ParamType[dt.datetime]):
    """An ISO 8601 instant with its offset, such as 2026-11-22T07:00:00+01:00."""

    name = "instant"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.datetime:
        """Return the instant in UTC; wrong usage without an offset."""
        if isinstance(value, dt.datetime):
            return value
        try:
            read = dt.datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant such as 2026-11-22T07:00:00+01:00", param, ctx)
        if read.tzinfo is None:
            self.fail(f"{value!r} lacks its offset: end it with Z or +01:00", param, ctx)
        return read.astimezone(dt.UTC)


class DayType(click.ParamType[dt.date]):
    """A calendar day, such as 2027-03-31."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.date:
        """Return the day."""
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2027-03-31", param, ctx)


INSTANT = InstantType()
DAY = DayType()


def read_file(path: Path) -> bytes:
    """Return what a file holds (or a pipe gives), unless its size says that no import takes it.

    Raises:
        Refusal: it is too large.
    """
    with path.open("rb") as file:
        content = file.read(MAXIMUM_BYTES + 1)
    if len(content) > MAXIMUM_BYTES:
        megabytes = MAXIMUM_BYTES // 1024**2
        raise Refusal(f"{path.name} is larger than {megabytes} MB. Split it.")
    return content


def json_option(function: Function) -> Function:
    """Add ``--json``, given to the command as ``as_json``."""
    option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
    return option(function)


def emit(data: Mapping[str, Any], as_json: bool) -> None:
    """Print what a command did on stdout: one JSON document, or a line for each value."""
    if as_json:
        click.echo(json.dumps(data, default=str))
        return
    for line in _lines(data):
        click.echo(line)


def _lines(data: Mapping[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{key}:", *_lines(value, f"{indent}  ")]
        elif isinstance(value, Sequence) and not isinstance(value, str):
            lines += [f"{indent}{key}: {len(value)}"]
            lines += [f"{indent}  {_row(row)}" for row in value]
        else:
            lines.append(f"{indent}{key}: {'' if value is None else value}")
    return lines


def _row(row: object) -> str:
    if isinstance(row, Mapping):
        return ", ".join(f"{key} {value}" for key, value in row.items() if value is not None)
    return str(row)
