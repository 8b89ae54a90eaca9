"""Error pages: what happened, that nothing was changed, what to do next."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

import psycopg
from flask import (
    Flask,
    Response,
    abort,
    current_app,
    g,
    make_response,
    render_template,
    request,
)
from flask_babel import LazyString, force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from supply.accounts.access import ForbiddenError, NotFoundHereError
from supply.db import db
from supply.idempotency import IdempotencyConflictError
from supply.outage import Outage, outage_of
from supply.refusals import InvalidInput, NotForThem, Refusal
from supply.web.logs import note, request_id
from supply.web.problems import is_api_request, problem

REFUSED = "supply.refused"
"""Environ key: the status the server answers with, whatever was asked."""

OWN_PAGE = (400, 403, 404, 429)

AGAIN_SECONDS = 5
"""When to try again after the database could not be used."""


def install(app: Flask) -> None:
    """Answer every error with a page, or with a problem document under /api."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(NotFoundHereError, _not_found_here)
    app.register_error_handler(ForbiddenError, _forbidden)
    app.register_error_handler(IdempotencyConflictError, _conflict)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(500, _broken)
    for kind in (SQLAlchemyError, sqlite3.Error, psycopg.Error, OSError):
        app.register_error_handler(kind, _maybe_outage)
    for status in (400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 429, 431, 503):
        app.register_error_handler(status, _http)
    app.before_request(_turn_away)
    app.teardown_appcontext(_let_go)
    app.jinja_env.globals["request_id"] = request_id


def _turn_away() -> None:
    """Say what the server refused before it read the whole request; no database is asked."""
    refused = request.environ.get(REFUSED)
    if refused is not None:
        _stand_alone()
        abort(int(refused))


def _let_go(_error: BaseException | None) -> None:
    """End what the request read; a connection that is gone by then takes no answer with it."""
    try:
        db.session.rollback()
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        if outage_of(error) is None:
            raise
        db.session().invalidate()


def _stand_alone() -> None:
    """Let the page that follows ask the database for nothing: neither menu nor person."""
    g.standing_alone = True
    g._login_user = AnonymousUserMixin()


def _http(error: Exception) -> Response:
    if not isinstance(error, HTTPException) or error.code is None:
        raise error
    detail = " ".join((error.description or "").split())
    answer = problem(error.code, detail) if is_api_request() else _page(error.code)
    if error.code == 503:
        answer.headers["Retry-After"] = str(AGAIN_SECONDS)
    if error.code == 405:
        answer.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return answer


def _csrf(error: CSRFError) -> Response:
    if is_api_request():
        return problem(400, str(error.description))
    return make_response(_rendered("errors/csrf.html"), 400)


def _not_found_here(_error: NotFoundHereError) -> Response:
    return problem(404, _("There is nothing here.")) if is_api_request() else _page(404)


def _forbidden(error: ForbiddenError) -> Response:
    if is_api_request():
        return problem(403, str(error))
    return make_response(_rendered("errors/403.html", reason=str(error)), 403)


def _conflict(error: IdempotencyConflictError) -> Response:
    if is_api_request():
        return problem(409, str(error))
    return make_response(_message(_conflict_title(), _conflict_text()), 409)


def _refused(error: Refusal) -> Response:
    """A refusal no view caught: the sentence itself, on a page of its own."""
    api = is_api_request()
    status = 409
    if isinstance(error, InvalidInput):
        status = 422 if api else 400
    if isinstance(error, NotForThem):
        status = 403
    if api:
        errors = error.errors if isinstance(error, InvalidInput) else ()
        return problem(status, str(error), errors)
    return make_response(_message(_("That was not done"), str(error)), status)


def _maybe_outage(error: Exception) -> Response:
    """Answer 503 where the database cannot be used just now; all else is a fault of ours."""
    outage = outage_of(error)
    if outage is None:
        raise error
    return _unavailable(outage)


def _unavailable(outage: Outage) -> Response:
    """Say that it is not the person's fault, without asking the database for anything."""
    _stand_alone()
    note(f"database {outage}")
    with suppress(Exception):
        db.session.rollback()
    sentence = _("Supply cannot use its database just now. Wait a moment, then try again.")
    answer = problem(503, sentence) if is_api_request() else _page(503)
    answer.headers["Retry-After"] = str(AGAIN_SECONDS)
    return answer


def _broken(error: Exception) -> Response:
    """Show the page that needs neither database nor session: either may be what broke."""
    outage = outage_of(getattr(error, "original_exception", None))
    if outage is not None:
        return _unavailable(outage)
    if is_api_request():
        return problem(500, _("Something went wrong on our side."))
    _stand_alone()
    with force_locale("en"):
        page = current_app.jinja_env.get_template("errors/500.html").render()
    return make_response(page, 500)


def _page(status: int) -> Response:
    if status in OWN_PAGE:
        return make_response(_rendered(f"errors/{status}.html"), status)
    title, text = _words(status)
    return make_response(_message(title, text), status)


def _rendered(template: str, **values: object) -> str:
    """Return a page of its own with the menu, or without where the database cannot be asked."""
    try:
        return render_template(template, **values)
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        if outage_of(error) is None:
            raise
        _stand_alone()
        with suppress(Exception):
            db.session.rollback()
        return render_template(template, **values)


def _words(status: int) -> tuple[str, str]:
    if status == 401:
        return _("Sign in first"), _("This needs someone who is signed in.")
    if status == 405:
        return (
            _("This address cannot be used like that"),
            _("It is one that a form sends to. Go back and use the button on the page."),
        )
    if status == 413:
        return (
            _("This file is too large"),
            _("Files may be up to 16 MB. Split it into smaller ones; nothing was changed."),
        )
    if status == 415:
        return _("This kind of content is not taken"), _("Nothing was changed.")
    if status in DOOR:
        title, text = DOOR[status]
        return str(title), str(text)
    return _conflict_title(), _conflict_text()


DOOR: dict[int, tuple[LazyString, LazyString]] = {
    408: (
        _l("This took too long to arrive"),
        _l("The connection was too slow or broke off. Nothing was changed; send it again."),
    ),
    414: (
        _l("This address is too long"),
        _l("Nothing was changed. Go back, use fewer filters or shorter words and try again."),
    ),
    431: (
        _l("Your browser sent too much with this"),
        _l("Nothing was changed. Delete this site's cookies in the browser, then sign in again."),
    ),
    503: (
        _l("Supply cannot do this just now"),
        _l(
            "Its database does not answer, cannot write or is very busy. It is our fault, not "
            "yours. What you were doing was done whole, or not at all: wait a moment, look, "
            "then try again."
        ),
    ),
}
"""What is said where no view was reached: heading and text."""


def _conflict_title() -> str:
    return str(_("This form was sent before"))


def _conflict_text() -> str:
    return str(_("What was sent first counts. Load the page again to see it."))


def _message(title: str, text: str) -> str:
    return _rendered("errors/message.html", heading=title, text=text)
