"""Error pages: what happened, that nothing was changed, what to do next."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, g, make_response, render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from supply.accounts.access import ForbiddenError, NotFoundHereError
from supply.idempotency import IdempotencyConflictError
from supply.refusals import InvalidInput, Refusal
from supply.web.problems import is_api_request, problem

logger = logging.getLogger(__name__)

OWN_PAGE = (400, 403, 404, 429)


def install(app: Flask) -> None:
    """Answer every error with a page, or with a problem document under /api."""
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(NotFoundHereError, _not_found_here)
    app.register_error_handler(ForbiddenError, _forbidden)
    app.register_error_handler(IdempotencyConflictError, _conflict)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(500, _broken)
    for status in (400, 401, 403, 404, 405, 409, 413, 415, 429):
        app.register_error_handler(status, _http)


def _http(error: Exception) -> Response:
    if not isinstance(error, HTTPException) or error.code is None:
        raise error
    detail = error.description or ""
    answer = problem(error.code, detail) if is_api_request() else _page(error.code)
    if error.code == 405:
        answer.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return answer


def _csrf(error: CSRFError) -> Response:
    if is_api_request():
        return problem(400, str(error.description))
    return make_response(render_template("errors/csrf.html"), 400)


def _not_found_here(_error: NotFoundHereError) -> Response:
    return problem(404, _("There is nothing here.")) if is_api_request() else _page(404)


def _forbidden(error: ForbiddenError) -> Response:
    if is_api_request():
        return problem(403, str(error))
    return make_response(render_template("errors/403.html", reason=str(error)), 403)


def _conflict(error: IdempotencyConflictError) -> Response:
    if is_api_request():
        return problem(409, str(error))
    return make_response(_message(_conflict_title(), _conflict_text()), 409)


def _refused(error: Refusal) -> Response:
    """A refusal no view caught: the sentence itself, on a page of its own."""
    invalid = isinstance(error, InvalidInput)
    if is_api_request():
        errors = error.errors if isinstance(error, InvalidInput) else ()
        return problem(422 if invalid else 409, str(error), errors)
    return make_response(_message(_("That was not done"), str(error)), 400 if invalid else 409)


def _broken(_error: Exception) -> Response:
    """Show the page that needs neither database nor session: either may be what broke."""
    if is_api_request():
        return problem(500, _("Something went wrong on our side."))
    g.standing_alone = True
    with force_locale("en"):
        page = current_app.jinja_env.get_template("errors/500.html").render()
    return make_response(page, 500)


def _page(status: int) -> Response:
    if status in OWN_PAGE:
        return make_response(render_template(f"errors/{status}.html"), status)
    title, text = _words(status)
    return make_response(_message(title, text), status)


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
    return _conflict_title(), _conflict_text()


def _conflict_title() -> str:
    return str(_("This form was sent before"))


def _conflict_text() -> str:
    return str(_("What was sent first counts. Load the page again to see it."))


def _message(title: str, text: str) -> str:
    return render_template("errors/message.html", heading=title, text=text)
