"""Counts and posts until it is killed: ``python -m tests.race.counter CLINIC PERSON``.

Each count finds one ampoule less than there is; its key is printed once it is committed.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from itertools import count
from typing import Any

import sqlalchemy as sa

from supply import create_app
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.counting.beginning import begin
from supply.counting.posting import post
from supply.counting.saying import Counted, say
from supply.db import db
from supply.idempotency import once
from supply.inventory.models import Balance
from tests.factories import BIOTIN, NOW


def count_one(clinic_id: int, person_id: int, number: int) -> None:
    """Make and post the ``number``-th count, once however often it is asked for."""
    actor = Actor(person_id)

    def work() -> dict[str, Any]:
        clinic = db.session.get_one(Clinic, clinic_id)
        begun = begin(clinic, actor=actor, now=NOW)
        there = db.session.scalars(sa.select(Balance.quantity)).one()
        less = [Counted(BIOTIN, "A1", "Cupboard", there - Decimal(1))]
        say(begun.id, less, actor=actor, now=NOW)
        return {"entry": post(begun.id, actor=actor, now=NOW).entry_id}

    once(actor, f"count-{number}", {"number": number}, work, NOW)


def main() -> None:
    """Count again and again."""
    clinic_id, person_id = int(sys.argv[1]), int(sys.argv[2])
    with create_app().app_context():
        for number in count():
            count_one(clinic_id, person_id, number)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
