"""What no database could keep is refused at the door: odd characters, numbers beyond its own."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import Flask, Response, abort, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import DataError
from werkzeug.routing import IntegerConverter

from supply.db import db
from supply.web.problems import is_api_request, problem

_ODD = re.compile(r"[\x00-\x03\x05-\x08\x0b\x0c\x0e-\x1b\x7f-\x84\x86-\x9f]")
"""Characters nobody types and no scanner sends; a scanner's separators are read where it scans."""


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
    """Answer 400 to a request with a control character in any of its values.

    PostgreSQL keeps no NUL, and no document or mail shows the others. In an address one names
    nothing: 404. A part of a form without a name is nobody's: 400 as well.
    """
    if any(_ODD.search(str(value)) for value in (request.view_args or {}).values()):
        abort(404)
    texts = list(_texts())
    if any(name is None for name, _text in texts):
        return _refusal(_("A part of this has no name. Load the page again; nothing was changed."))
    odd = {name for name, text in texts if name is not None and _ODD.search(f"{name} {text}")}
    if not odd:
        return None
    message = _("This holds a character that cannot be kept. Retype it; nothing was changed.")
    return _refusal(message, [(_ODD.sub("", name), message) for name in sorted(odd)])


def _texts() -> Iterable[tuple[str | None, str]]:
    """Yield the names and values of a request; the API reads its own bodies.

    A part of a form may have come without a name, whatever its type says.
    """
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
