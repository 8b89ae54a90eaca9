"""Commands of treatments."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import gettext as _

from supply import clock
from supply.accounts.queries import practice_with_code
from supply.actor import SYSTEM
from supply.cli_support import emit, json_option, read_file
from supply.db import transaction
from supply.refusals import InvalidInput
from supply.treatments.protocols import File, import_formulations_and_protocols, read_files

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("formulations")
@click.argument("formulations", type=_FILE)
@click.argument("protocols", type=_FILE)
@click.option("--practice", "code", required=True, help="The practice's code.")
@json_option
@with_appcontext
def import_formulations_command(
    formulations: Path, protocols: Path, code: str, as_json: bool
) -> None:
    """Take formulations and the protocols that use them, all rows or none."""
    recipes, courses = read_files(
        File(formulations.name, read_file(formulations)), File(protocols.name, read_file(protocols))
    )
    with transaction():
        practice = practice_with_code(code)
        if practice is None:
            raise InvalidInput(("practice", _("There is no practice %(code)s.", code=code)))
        counts = import_formulations_and_protocols(
            recipes, courses, practice, actor=SYSTEM, now=clock.now()
        )
    for table in (recipes, courses):
        for note in table.notes:
            click.echo(f"{table.filename}: {note}", err=True)
    emit(counts, as_json)
