"""What commands share: ``--json``, instants and days as arguments, refusals as exit status 1."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Flask
from flask.cli import ScriptInfo

from supply.idempotency import IdempotencyConflictError
from supply.refusals import Refusal
from supply.tables.parsing.limits import MAXIMUM_BYTES

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
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
        # Every PDF tells in fifty lines how its fonts were cut.
        logging.getLogger("fontTools").setLevel(logging.WARNING)
        try:
            return super().invoke(context)
        except (Refusal, IdempotencyConflictError) as refusal:
            click.echo(str(refusal), err=True)
            context.exit(REFUSED)


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
    """Return what a file holds, unless its size alone says that no import takes it.

    Raises:
        Refusal: it is too large.
    """
    if path.stat().st_size > MAXIMUM_BYTES:
        megabytes = MAXIMUM_BYTES // 1024**2
        raise Refusal(f"{path.name} is larger than {megabytes} MB. Split it.")
    return path.read_bytes()


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
