"""Commands of the catalogue."""

from __future__ import annotations

from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import with_appcontext
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Supplier
from supply.actor import SYSTEM
from supply.catalogue.importing.products import import_catalogue, read_catalogue
from supply.catalogue.prices.files import import_prices, read_prices
from supply.cli_support import emit, json_option, read_file
from supply.db import db, transaction
from supply.refusals import InvalidInput


@click.command("catalogue")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--supplier", "code", required=True, help="The supplier's code.")
@click.option("--dry-run", is_flag=True, help="Check the file and say what it would change.")
@json_option
@with_appcontext
def import_catalogue_command(file: Path, code: str, dry_run: bool, as_json: bool) -> None:
    """Take a supplier's catalogue from a CSV or XLSX file, all rows or none."""
    table = read_catalogue(read_file(file), file.name)
    with transaction():
        supplier = _supplier(code)
        summary = import_catalogue(table, supplier, dry_run=dry_run, actor=SYSTEM, now=clock.now())
    for note in summary.notes:
        click.echo(note, err=True)
    emit(summary.as_json(), as_json)


@click.command("prices")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--supplier", "code", required=True, help="The supplier's code.")
@click.option("--dry-run", is_flag=True, help="Check the file and say what it would change.")
@json_option
@with_appcontext
def import_prices_command(file: Path, code: str, dry_run: bool, as_json: bool) -> None:
    """Take a supplier's prices from a CSV or XLSX file, all rows or none."""
    table = read_prices(read_file(file), file.name)
    with transaction():
        supplier = _supplier(code)
        summary = import_prices(table, supplier, dry_run=dry_run, actor=SYSTEM, now=clock.now())
    for note in summary.notes:
        click.echo(note, err=True)
    counted = {name: getattr(summary, name) for name in ("rows", "added", "changed", "unchanged")}
    emit({**counted, "dry_run": dry_run}, as_json)


def _supplier(code: str) -> Supplier:
    """Return the supplier of that code; raises InvalidInput for none."""
    supplier = db.session.scalar(sa.select(Supplier).where(Supplier.code == code))
    if supplier is None:
        raise InvalidInput(("supplier", _("There is no supplier %(code)s.", code=code)))
    return supplier
