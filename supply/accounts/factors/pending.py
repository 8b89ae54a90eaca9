"""What a browser keeps between the steps: signed by us, good for ten minutes, and no session.

Nobody is signed in by it. Who did the first step, the question a passkey is asked, and the secret
of an app that is being set up all go when somebody comes in.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

from flask import session

from supply.accounts.factors import apps, boxes, passkeys
from supply.accounts.sign_in import Half

LASTS = dt.timedelta(minutes=10)

_HALF = "second_step"
_QUESTION = "passkey"
_APP = "app_secret"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Who did the first step, and where they wanted to go."""

    half: Half
    place: str


def keep(half: Half, place: str, now: dt.datetime) -> None:
    """Keep that the first step is done."""
    session[_HALF] = {"half": asdict(half), "place": place, "until": _until(now)}


def waiting(now: dt.datetime) -> Waiting | None:
    """Return who did the first step in this browser, not too long ago."""
    kept = _good(_HALF, now)
    return Waiting(Half(**kept["half"]), kept["place"]) if kept else None


def ask(question: passkeys.Question, purpose: str, now: dt.datetime) -> None:
    """Keep what a passkey was asked, and for what."""
    session[_QUESTION] = {
        "challenge": question.challenge, "for": purpose, "until": _until(now)
    }  # fmt: skip


def asked(purpose: str, now: dt.datetime) -> str:
    """Return the challenge that was asked for ``purpose``; "" where none was: no answer holds."""
    kept = _good(_QUESTION, now)
    return str(kept["challenge"]) if kept and kept["for"] == purpose else ""


def secret_of_app(person_id: int) -> str:
    """Return the secret of the app that the person sets up here: the same until it is done."""
    kept = session.get(_APP)
    if kept and kept["person"] == person_id and (secret := boxes.opened(kept["box"])):
        return secret
    secret = apps.new_secret()
    session[_APP] = {"person": person_id, "box": boxes.closed(secret)}
    return secret


def forget_app() -> None:
    """The app is set up: the next one gets a secret of its own."""
    session.pop(_APP, None)


def _good(key: str, now: dt.datetime) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = session.get(key)
    return kept if kept and now.timestamp() < kept["until"] else None


def _until(now: dt.datetime) -> float:
    return (now + LASTS).timestamp()
