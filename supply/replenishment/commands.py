"""Commands of replenishment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from supply import clock
from supply.accounts.models import Clinic
from supply.alerts.digest import queue_digests
from supply.cli_support import INSTANT, emit, json_option
from supply.db import db, transaction
from supply.losses.summaries import queue_summaries
from supply.need.catching_up import catch_up
from supply.replenishment.sweep import sweep


@click.command("sweep")
@click.option("--now", type=INSTANT, help="Judge by this instant instead of the present.")
@json_option
@with_appcontext
def sweep_command(now: dt.datetime | None, as_json: bool) -> None:
    """Evaluate every alert and proposal, and queue the digests and summaries due.

    A clinic for which that fails is named on stderr and counted; the others are done.
    """
    instant = now or clock.now()
    catch_up(instant)
    with transaction():
        counts = sweep(instant)
    with transaction():
        digests = queue_digests(instant)
    with transaction():
        summaries = queue_summaries(instant)
    _name_failed(counts.failed, "could not be swept")
    _name_failed(digests.failed, "did not get its daily mail")
    result = {
        **counts.as_json(),
        "digests": digests.queued,
        "digests_set_aside": digests.set_aside,
        "summaries": summaries,
        "failed": len(counts.failed.keys() | digests.failed.keys()),
    }
    emit(result, as_json)


def _name_failed(failed: Mapping[int, str], what: str) -> None:
    query = sa.select(Clinic.id, Clinic.code).where(Clinic.id.in_(failed))
    for row in db.session.execute(query) if failed else ():
        click.echo(f"Clinic {row.code} {what}: {failed[row.id]}", err=True)
