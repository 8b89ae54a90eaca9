"""The ``supply`` command."""

from __future__ import annotations

from functools import wraps
from pathlib import Path

import click
import flask_migrate
from flask import Flask, current_app
from flask.cli import with_appcontext

from supply.backup import backup, restore
from supply.catalogue.commands import import_catalogue_command, import_prices_command
from supply.cli_support import SupplyGroup, emit, json_option
from supply.db import create_missing_file, db
from supply.demo.commands import demo
from supply.inventory.commands import ledger_group
from supply.jobs.scheduler import scheduler_command
from supply.opening_stock.commands import export_stock_command, import_stock_command
from supply.outbox.commands import gateway_or_refuse, outbox_group
from supply.payments.commands import payments_group
from supply.replenishment.commands import sweep_command
from supply.revisions import migration_heads, refuse_newer, require_current
from supply.seals.commands import seal_command
from supply.settings.commands import (
    address_group,
    create_group,
    password_command,
    people_group,
    token_command,
)
from supply.treatments.commands import import_formulations_command
from supply.vat.commands import vat_group

FILE = click.Path(dir_okay=False, path_type=Path)
PORT = click.IntRange(1, 65535)


@click.group("db")
def db_group() -> None:
    """The database."""


@db_group.command("upgrade")
@json_option
@with_appcontext
def upgrade_command(as_json: bool) -> None:
    """Migrate the database at DATABASE_URL to the newest revision."""
    create_missing_file(db.engine)
    refuse_newer()
    flask_migrate.upgrade()
    emit({"revision": " ".join(sorted(migration_heads()))}, as_json)


@click.command("serve")
@click.option("--host", default="127.0.0.1", envvar="HOST", show_default=True)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8000, envvar="PORT", show_default=True
)
@click.option("--workers", type=click.IntRange(1), help="Processes; on SQLite always one.")
@click.option("--no-scheduler", is_flag=True, help="Run no jobs: another process does.")
@with_appcontext
def serve_command(host: str, port: int, workers: int | None, no_scheduler: bool) -> None:
    """Serve over plain HTTP (TLS is the proxy's), the scheduler beside it."""
    from supply.serving import Plan, refuse_taken, serve, workers_for

    gateway_or_refuse()
    refuse_taken(host, port)
    processes = workers_for(current_app.config["SQLALCHEMY_DATABASE_URI"], workers)
    click.echo(f"Supply on http://{host}:{port}", err=True)
    status = serve(Plan(host, port, processes, scheduler=not no_scheduler))
    click.get_current_context().exit(status)


@click.command("backup")
@click.argument("file", type=FILE)
@json_option
@with_appcontext
def backup_command(file: Path, as_json: bool) -> None:
    """Write a consistent copy of the database to FILE while it is in use."""
    emit({"file": str(file), "rows": backup(file)}, as_json)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@with_appcontext
def restore_command(file: Path, as_json: bool) -> None:
    """Fill an empty database from FILE."""
    emit({"file": str(file), "rows": restore(file)}, as_json)


@click.group("import")
def import_group() -> None:
    """Take in a file: all of its rows, or none."""


@click.group("export")
def export_group() -> None:
    """Write what is there as a file."""


for _command in (
    import_catalogue_command,
    import_prices_command,
    import_stock_command,
    import_formulations_command,
):
    import_group.add_command(_command)
export_group.add_command(export_stock_command)
ledger_group.add_command(seal_command)

COMMANDS: tuple[click.Command, ...] = (
    db_group,
    demo,
    serve_command,
    scheduler_command,
    address_group,
    create_group,
    password_command,
    people_group,
    token_command,
    import_group,
    export_group,
    sweep_command,
    outbox_group,
    payments_group,
    ledger_group,
    vat_group,
    backup_command,
    restore_command,
)


ON_ANY_DATABASE = (db_group, serve_command, scheduler_command, restore_command)
"""Commands that do not need a migrated database: they wait for one, or make it."""


def _needs_migrated(command: click.Command) -> None:
    """Let ``command``, or those it groups, begin only on a database at our revision."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _needs_migrated(inner)
        return
    work = command.callback
    if work is None:
        return

    @wraps(work)
    @with_appcontext
    def checked(*args: object, **kwargs: object) -> object:
        require_current()
        return work(*args, **kwargs)

    command.callback = checked


for _command in COMMANDS:
    if _command not in ON_ANY_DATABASE:
        _needs_migrated(_command)


def register(app: Flask) -> None:
    """Register every command with ``app``, for its test runner and for ``flask``."""
    for command in COMMANDS:
        app.cli.add_command(command)


def _create_app() -> Flask:
    from supply import create_app

    return create_app()


@click.group(cls=SupplyGroup, create_app=_create_app, context_settings={"max_content_width": 100})
def main() -> None:
    """Run Supply from the command line."""


for _command in COMMANDS:
    main.add_command(_command)
