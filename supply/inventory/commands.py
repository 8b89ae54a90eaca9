"""The command that checks the ledger."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from supply.cli_support import REFUSED, emit, json_option
from supply.db import db
from supply.inventory.models import Balance, Entry, Move
from supply.inventory.verification import verify
from supply.inventory.verification_costs import verify_costs


@click.group("ledger")
def ledger_group() -> None:
    """Look after the stock ledger."""


@ledger_group.command("verify")
@json_option
@click.pass_context
@with_appcontext
def verify_command(context: click.Context, as_json: bool) -> None:
    """Recompute every balance from the moves; exit 1 with each difference."""
    _see_one_state()
    differences = [*verify(), *verify_costs()]
    counts = {
        "entries": db.session.scalar(sa.select(sa.func.count(Entry.id))),
        "moves": db.session.scalar(sa.select(sa.func.count(Move.id))),
        "balances": db.session.scalar(sa.select(sa.func.count(Balance.id))),
        "differences": differences,
    }
    emit(counts, as_json)
    if differences:
        for difference in differences:
            click.echo(difference, err=True)
        context.exit(REFUSED)


def _see_one_state() -> None:
    """Read from one snapshot: between two statements of PostgreSQL others may commit."""
    if db.engine.dialect.name == "postgresql":
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
