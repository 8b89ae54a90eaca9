"""What no database could keep is refused at the door: odd characters, numbers beyond its own."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask, Response, abort, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import DataError
from werkzeug.routing import IntegerConverter

from supply.db import db
from supply.web.problems import is_api_request, problem


class IdConverter(IntegerConverter):
    """An id in an address. One with more digits than any row's is nobody's: 404."""

    regex = r"\d{1,18}"


def install(app: Flask) -> None:
    """Check every request before its view runs."""
    app.url_map.converters["int"] = IdConverter
    app.before_request(_refuse_odd_text)
    app.register_error_handler(DataError, _beyond)
    app.register_error_handler(OverflowError, _beyond)


def _refuse_odd_text() -> Response | None:
    """Answer 400 to a request with a NUL, which PostgreSQL cannot keep, in any of its values.

    In an address it names nothing: 404.
    """
    if any("\x00" in str(value) for value in (request.view_args or {}).values()):
        abort(404)
    odd = {name for name, text in _texts() if "\x00" in name or "\x00" in text}
    if not odd:
        return None
    message = _("This holds a character that cannot be kept. Retype it; nothing was changed.")
    return _refusal(message, [(name.replace("\x00", ""), message) for name in sorted(odd)])


def _texts() -> Iterable[tuple[str, str]]:
    """Yield the names and values of a request; the API reads its own bodies."""
    yield from request.args.items(multi=True)
    if not is_api_request():
        yield from request.form.items(multi=True)
        yield from ((name, file.filename or "") for name, file in request.files.items(multi=True))


def _beyond(_error: Exception) -> Response:
    """Answer 400 to a number no column could hold; PostgreSQL reads nothing more until then."""
    db.session.rollback()
    return _refusal(_("A number in this is too large. Check it; nothing was changed."))


def _refusal(message: str, errors: Iterable[tuple[str, str]] = ()) -> Response:
    if is_api_request():
        return problem(422, message, errors)
    page = render_template("errors/message.html", heading=_("That was not done"), text=message)
    return make_response(page, 400)
