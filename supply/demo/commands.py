"""The command that makes the demonstration."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import with_appcontext

from supply import clock
from supply.cli_support import emit, json_option
from supply.db import transaction
from supply.demo.builder import NotEmpty, build
from supply.demo.profiles import CLINICS, PASSWORD, PEOPLE, PRACTICES, SUPPLIERS


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing where there is data already.")
@json_option
@with_appcontext
def demo(if_empty: bool, as_json: bool) -> None:
    """Put demo data into an empty database, and print who may sign in."""
    try:
        with transaction():
            built = build(clock.now())
    except NotEmpty:
        if if_empty:
            return
        raise
    emit({**_sign_ins(), "made": built.as_json()}, as_json)


def _sign_ins() -> dict[str, Any]:
    return {
        "password": PASSWORD,
        "people": [
            {"email": one.email, "name": one.name, "role": one.role.value, "at": one.place}
            for one in PEOPLE
        ],
        "practices": [one.code for one in PRACTICES],
        "clinics": [one.code for one in CLINICS],
        "suppliers": [one.code for one in SUPPLIERS],
    }
