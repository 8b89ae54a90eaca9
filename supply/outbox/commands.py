"""Commands of the outbox."""

from __future__ import annotations

import datetime as dt

import click
from flask import current_app
from flask.cli import with_appcontext

from supply import clock
from supply.cli_support import INSTANT, emit, json_option
from supply.db import transaction
from supply.outbox.delivery import deliver
from supply.outbox.services import send_all_again
from supply.outbox.smtp import MailUrlError, SmtpGateway, configured_gateway


@click.group("outbox")
def outbox_group() -> None:
    """Mails waiting to be sent."""


@outbox_group.command("deliver")
@click.option("--now", type=INSTANT, help="Send what is due by this instant, not the present.")
@json_option
@with_appcontext
def deliver_command(now: dt.datetime | None, as_json: bool) -> None:
    """Send the mails that are due; without MAIL_URL they wait."""
    gateway = gateway_or_refuse()
    emit(deliver(now or clock.now(), gateway).as_json(), as_json)


@outbox_group.command("again")
@json_option
@with_appcontext
def again_command(as_json: bool) -> None:
    """Queue every mail that was set aside once more: for after the mail server is mended."""
    with transaction():
        again = send_all_again(clock.now())
    emit({"again": again}, as_json)


def gateway_or_refuse() -> SmtpGateway | None:
    """Return the gateway as configured; a wrong MAIL_URL ends the command with a sentence."""
    try:
        return configured_gateway(current_app.config)
    except MailUrlError as error:
        raise click.ClickException(str(error)) from error
