"""The session at the edge of a request: cookies, who is there, and what is noted afterwards.

Two secrets live in a browser: the session's, in Flask's cookie and, where the person asked to be
remembered, in a lasting one; and the device's. The database keeps their hashes; what a cookie
says of itself counts for nothing once its row has ended.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request, session
from flask_login import current_user, login_user, logout_user
from sqlalchemy.exc import SQLAlchemyError

from supply import clock
from supply.accounts import devices, places, sessions, tokens
from supply.accounts.credentials import ApiToken, WebSession
from supply.accounts.factors import rules
from supply.accounts.factors.asking import asked_since
from supply.accounts.models import Clinic, Person, Supplier
from supply.accounts.rules import Lifetimes
from supply.accounts.sessions import Origin
from supply.accounts.sign_in import Opened
from supply.accounts.terms import SessionEnd
from supply.db import transaction
from supply.extensions import login_manager
from supply.web.logs import note

P = ParamSpec("P")
R = TypeVar("R")

PLACE = "place"
"""Session key of the place last looked at, such as ("clinic", 3): pages of none keep its menu."""

_REMEMBER = "_remember"
"""Where Flask-Login is told to give its lasting cookie, or to take it back."""


def install(app: Flask) -> None:
    """Let Flask-Login ask here who is there; note visits when they are over."""
    # The row says everything about a session; an address that changed says nothing (phones roam).
    login_manager.session_protection = None
    login_manager.user_loader(_person_of)
    app.after_request(_finish)


def origin() -> Origin:
    """Return where this request comes from."""
    return Origin(request.remote_addr or "", request.user_agent.string)


def device() -> str | None:
    """Return the secret in the device's cookie."""
    return request.cookies.get(current_app.config["DEVICE_COOKIE_NAME"])


def enter(opened: Opened) -> None:
    """Give the browser what it was let in with, and nothing of what it had before.

    The session it was in, if any, ends: nobody could sign out of it any more.
    """
    leave()
    lifetime = lifetimes().of(remembered=opened.remembered)
    person = opened.person.opened_by(opened.session_secret)
    login_user(person, remember=opened.remembered, duration=lifetime.whole)
    g.device_secret = opened.device_secret


def leave() -> None:
    """End this browser's session, here and in the database; no tab of it goes on."""
    person = known()
    if person is not None:
        secret, address = person.get_id(), request.remote_addr
        with transaction():
            sessions.end_with_secret(secret, SessionEnd.SIGNED_OUT, address, clock.now())
    logout_user()
    kept = session.get(_REMEMBER)
    session.clear()
    if kept is not None:
        session[_REMEMBER] = kept
    for name in ("csrf_token", "web_session_id", "session_is_stale", "person_id", "held"):
        g.pop(name, None)


def known() -> Person | None:
    """Return whose session this is: who is signed in, or who is held at the door.

    One who must set up a second step first is held: to every page but those for it they are
    nobody.
    """
    if current_user.is_authenticated:
        return cast(Person, current_user._get_current_object())
    held: Person | None = g.get("held")
    return held


def needs_known(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Let ``view`` be asked for by those who are signed in, and by those held at the door."""

    @wraps(view)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        return view(*args, **kwargs) if known() is not None else login_manager.unauthorized()

    return asked


def is_held() -> bool:
    """Return whether somebody's session goes no further without a second step."""
    return known() is not None and not current_user.is_authenticated


def session_id() -> int | None:
    """Return which session this request is in."""
    found: int | None = g.get("web_session_id")
    return found


def is_remembered() -> bool:
    """Return whether the person asked to stay signed in here."""
    return bool(g.get("session_is_remembered"))


def has_second_step() -> bool:
    """Return whether this session was begun with more than a password."""
    return bool(g.get("session_has_second_step"))


def began_at() -> dt.datetime | None:
    """Return when this session began."""
    found: dt.datetime | None = g.get("session_began_at")
    return found


def lifetimes() -> Lifetimes:
    """Return how long sessions last here."""
    found: Lifetimes = current_app.config["SESSION_LIFETIMES"]
    return found


def note_token(token: ApiToken, now: dt.datetime) -> None:
    """Have it noted afterwards that the token was used, if that is not known well enough."""
    if tokens.is_stale(token, now):
        g.token_used = token.id


def _person_of(secret: str) -> Person | None:
    """Return whose session this secret is, if it holds."""
    now = clock.now()
    found = sessions.session_with(secret, lifetimes(), now)
    if found is None:
        return None
    g.web_session_id, g.person_id = found.id, found.person_id
    g.session_is_stale = sessions.is_stale(found, now)
    g.session_is_remembered = found.remembered
    g.session_has_second_step, g.session_began_at = found.second_step, found.created_at
    person = found.person.opened_by(secret)
    if _goes_no_further(found, now):
        g.held = person
        return None
    last = places.last_place(found.person)
    if last is not None and PLACE not in session:
        session[PLACE] = list(last)
    return person


def _goes_no_further(found: WebSession, now: dt.datetime) -> bool:
    """Return whether the session lacks a second step that is asked of its person."""
    if found.second_step:
        return False
    since = asked_since(found.person)
    return since is not None and rules.is_held(begun=found.created_at, since=since, now=now)


def _finish(response: Response) -> Response:
    secret = g.get("device_secret")
    if secret is not None:
        config = current_app.config
        response.set_cookie(
            config["DEVICE_COOKIE_NAME"],
            secret,
            max_age=devices.LASTS,
            secure=config["SECURE_COOKIES"],
            httponly=True,
            samesite="Lax",
        )
    if response.status_code < 500:
        _note_visit()
    return response


def _note_visit() -> None:
    """Write down what changed with this request: rarely anything, and never at the page's cost."""
    person_id, place = g.get("person_id"), _place_visited()
    moved = person_id is not None and place is not None and session.get(PLACE) != list(place)
    token_id: int | None = g.get("token_used")
    if not (moved or token_id or g.get("session_is_stale")):
        return
    try:
        with transaction(patient=False):
            if moved and place is not None:
                places.remember_place(person_id, place)
            if token_id is not None:
                tokens.touch(token_id, clock.now())
            if g.get("session_is_stale"):
                sessions.touch(g.web_session_id, origin(), clock.now())
    except (SQLAlchemyError, sqlite3.Error):
        note("visit not noted")
    if moved and place is not None:
        session[PLACE] = list(place)


def _place_visited() -> places.PlaceKey | None:
    """Return the clinic or supplier a getter let this request into; what it holds may be gone."""
    place: Clinic | Supplier | None = g.get("clinic") or g.get("supplier")
    if place is None:
        return None
    identity = cast(Any, sa.inspect(place)).identity
    kind = "clinic" if isinstance(place, Clinic) else "supplier"
    return (kind, int(identity[0])) if identity else None
