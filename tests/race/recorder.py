"""Records sessions until it is killed: ``python -m tests.race.recorder CLINIC PERSON``.

Prints each key once its session is committed.
"""

from __future__ import annotations

import sys
from itertools import count

from supply import create_app
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db
from supply.idempotency import once
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import FORMULATION, NOW


def key_of(number: int) -> str:
    """Return the idempotency key of the ``number``-th session."""
    return f"session-{number}"


def record_one(clinic_id: int, person_id: int, number: int) -> None:
    """Record the ``number``-th session, once however often it is asked for."""
    clinic = db.session.get_one(Clinic, clinic_id)
    actor = Actor(person_id)
    request = SessionRequest(FORMULATION, f"P-{number}")
    once(
        actor,
        key_of(number),
        {"number": number},
        lambda: record_session(clinic, request, actor=actor, now=NOW).as_json(),
        NOW,
    )


def main() -> None:
    """Record one session after another."""
    clinic_id, person_id = int(sys.argv[1]), int(sys.argv[2])
    with create_app().app_context():
        for number in count():
            record_one(clinic_id, person_id, number)
            sys.stdout.write(f"{key_of(number)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
