"""The command that shows the newest seal, and finds one that was kept elsewhere."""

from __future__ import annotations

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from supply.cli_support import REFUSED, emit, json_option
from supply.db import AnyRow, db
from supply.seals.sealing import SEAL, newest


@click.command("seal")
@click.argument("digest", required=False)
@json_option
@click.pass_context
@with_appcontext
def seal_command(context: click.Context, digest: str | None, as_json: bool) -> None:
    """Show the newest seal, or that of DIGEST, as a mail has it; exit 1 if there is none."""
    found = _of(digest.strip().lower()) if digest else newest()
    if found is None:
        click.echo("There is no such seal." if digest else "Nothing is sealed yet.", err=True)
        context.exit(REFUSED)
    emit(
        {
            "number": found.number,
            "sealed_at": found.sealed_at.isoformat(),
            "digest": found.digest,
            "entries_to": found.entry_to,
            "moves_to": found.move_to,
            "audit_rows_to": found.audit_row_to,
        },
        as_json,
    )


def _of(digest: str) -> AnyRow | None:
    return db.session.execute(sa.select(SEAL).where(SEAL.c.digest == digest)).first()
