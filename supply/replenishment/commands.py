"""Commands of replenishment."""

from __future__ import annotations

import datetime as dt

import click
from flask.cli import with_appcontext

from supply import clock
from supply.alerts.digest import queue_digests
from supply.cli_support import INSTANT, emit, json_option
from supply.db import transaction
from supply.replenishment.sweep import sweep


@click.command("sweep")
@click.option("--now", type=INSTANT, help="Judge by this instant instead of the present.")
@json_option
@with_appcontext
def sweep_command(now: dt.datetime | None, as_json: bool) -> None:
    """Evaluate every alert and proposal, and queue the digests that are due."""
    instant = now or clock.now()
    with transaction():
        counts = sweep(instant)
    with transaction():
        digests = queue_digests(instant)
    emit({**counts.as_json(), "digests": digests}, as_json)
