"""Commands of opening stock: a clinic's shelves in and out as a file."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.queries import clinic_with_code
from supply.actor import SYSTEM
from supply.cli_support import emit, json_option, read_file
from supply.db import transaction
from supply.opening_stock import importing
from supply.refusals import Refusal


@click.command("stock")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--clinic", "clinic_code", required=True, help="Code of the clinic.")
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@json_option
@with_appcontext
def import_stock_command(file: Path, clinic_code: str, dry_run: bool, as_json: bool) -> None:
    """Take in a clinic's opening stock: sku,lot,expiry,quantity,location."""
    table = importing.read_stock(read_file(file), file.name)
    with transaction():
        summary = importing.import_stock(
            _clinic(clinic_code),
            table,
            dry_run=dry_run,
            actor=SYSTEM,
            now=clock.now(),
        )
    for warning in [*summary.notes, *summary.warnings]:
        click.echo(warning, err=True)
    emit(summary.as_json(), as_json)


@click.command("stock")
@click.option("--clinic", "clinic_code", required=True, help="Code of the clinic.")
@json_option
@with_appcontext
def export_stock_command(clinic_code: str, as_json: bool) -> None:
    """Print what is sealed on a clinic's shelves, with the columns of the import."""
    text = importing.export_stock(_clinic(clinic_code))
    if as_json:
        emit({"clinic": clinic_code, "csv": text}, as_json)
        return
    click.echo(text.encode(), nl=False)


def _clinic(code: str) -> Clinic:
    clinic = clinic_with_code(code)
    if clinic is None:
        raise Refusal(f"There is no clinic {code}.")
    return clinic
