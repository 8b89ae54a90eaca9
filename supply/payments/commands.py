"""Commands of payments."""

from __future__ import annotations

import datetime as dt

import click
from flask.cli import with_appcontext

from supply import clock
from supply.cli_support import INSTANT, emit, json_option
from supply.payments import books, work
from supply.payments.gateway import GatewayError, StripeGateway, configured_gateway


@click.group("payments")
def payments_group() -> None:
    """Payments by card."""


@payments_group.command("reconcile")
@click.option("--now", type=INSTANT, help="As of this instant, not the present.")
@json_option
@with_appcontext
def reconcile_command(now: dt.datetime | None, as_json: bool) -> None:
    """Ask Stripe for what never came: lost answers, missed events, pages, refunds."""
    counts = work.reconcile(now or clock.now(), _gateway())
    emit(counts.as_json(), as_json)


@payments_group.command("verify")
@json_option
@with_appcontext
def verify_command(as_json: bool) -> None:
    """Compare our book of payments with Stripe's; exit 1 where they differ, each named."""
    try:
        found = books.compare(_gateway())
    except GatewayError as error:
        raise click.ClickException(f"Stripe cannot be asked: {error}") from error
    counts = {"payments": found.payments, "refunds": found.refunds}
    emit({**counts, "differences": list(found.differences)}, as_json)
    if found.differences:
        raise click.exceptions.Exit(1)


def _gateway() -> StripeGateway:
    gateway = configured_gateway()
    if gateway is None:
        raise click.ClickException("set STRIPE_SECRET_KEY first: no card is taken without")
    return gateway
