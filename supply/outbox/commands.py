"""Commands of the outbox."""

from __future__ import annotations

import datetime as dt

import click
from flask import current_app
from flask.cli import with_appcontext

from supply import clock
from supply.cli_support import INSTANT, emit, json_option
from supply.outbox.services import deliver
from supply.outbox.smtp import MailUrlError, configured_gateway


@click.group("outbox")
def outbox_group() -> None:
    """Mails waiting to be sent."""


@outbox_group.command("deliver")
@click.option("--now", type=INSTANT, help="Send what is due by this instant, not the present.")
@json_option
@with_appcontext
def deliver_command(now: dt.datetime | None, as_json: bool) -> None:
    """Send the mails that are due; without MAIL_URL they wait."""
    try:
        gateway = configured_gateway(current_app.config)
    except MailUrlError as error:
        raise click.ClickException(str(error)) from error
    counts = deliver(now or clock.now(), gateway)
    emit({"sent": counts.sent, "failed": counts.failed, "waiting": counts.waiting}, as_json)
