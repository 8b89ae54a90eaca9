"""Commands that keep the rates of VAT."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

import click
from flask.cli import with_appcontext

from supply import clock
from supply.actor import SYSTEM
from supply.cli_support import DAY, emit, json_option
from supply.db import transaction
from supply.vat.queries import rates_in
from supply.vat.services import set_rate
from supply.vat.terms import TaxClass

CLASSES = click.Choice([one.value for one in TaxClass if one is not TaxClass.EXEMPT])


@click.group("vat")
def vat_group() -> None:
    """Rates of value added tax."""


@vat_group.command("rates")
@click.argument("country")
@click.option("--on", type=DAY, help="A day; today if absent.")
@json_option
@with_appcontext
def rates_command(country: str, on: dt.date | None, as_json: bool) -> None:
    """Show what COUNTRY takes, in per cent."""
    found = rates_in(country.upper(), on or clock.now().date())
    shown = {one.value: str(Decimal(found[one]) / 100) for one in TaxClass if one in found}
    emit(shown, as_json)


@vat_group.command("set")
@click.argument("country")
@click.argument("tax_class", type=CLASSES)
@click.argument("percent")
@click.option("--from", "valid_from", type=DAY, required=True, help="The first day it holds.")
@json_option
@with_appcontext
def set_command(
    country: str, tax_class: str, percent: str, valid_from: dt.date, as_json: bool
) -> None:
    """Let COUNTRY take PERCENT on a class of products from a day on; what is placed keeps its."""
    with transaction():
        row = set_rate(
            country,
            TaxClass(tax_class),
            _basis_points(percent),
            valid_from=valid_from,
            actor=SYSTEM,
            now=clock.now(),
        )
        made = {"country": row.country, "class": row.tax_class.value, "percent": percent}
    emit(made, as_json)


def _basis_points(percent: str) -> int:
    try:
        points = Decimal(percent.removesuffix("%")) * 100
        whole = int(points)
    except (InvalidOperation, ValueError, OverflowError):
        raise click.BadParameter("Enter a rate in per cent, such as 21 or 25.5.") from None
    if whole != points:
        raise click.BadParameter("A rate has at most two decimals.")
    return whole
