"""Reading what a program sends: JSON objects, once and strictly."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NoReturn

from flask import Request, g
from flask_babel import gettext as _
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser, abort, is_json_request
from werkzeug.exceptions import UnsupportedMediaType


class StrictParser(FlaskParser):
    """Takes a JSON object with each name once; no body at all counts as an empty object.

    What nobody asked for is refused in the address too: a misspelt filter would show everything.
    """

    DEFAULT_UNKNOWN_BY_LOCATION = FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION | {"query": RAISE}

    def _raw_load_json(self, req: Request) -> Any:
        raw = req.get_data(cache=True)
        if not raw.strip():
            return {}
        if not is_json_request(req):
            raise UnsupportedMediaType(_("Send application/json."))
        try:
            body = json.loads(raw, parse_constant=_refuse, object_pairs_hook=_once_each)
        except (ValueError, RecursionError):
            abort(422, messages={"json": {"_schema": [_("This is not JSON that can be read.")]}})
        g.api_body = body
        return body


def sent_file(req: Request) -> bytes:
    """Return a body that is a file; to tell repeats from others, its hash stands for it."""
    raw: bytes = req.get_data(cache=True)
    g.api_body = {"sha256": hashlib.sha256(raw).hexdigest()}
    return raw


def body_as_sent() -> Any:
    """Return the request's JSON body as it was parsed, before any schema."""
    return g.get("api_body", {})


def _refuse(name: str) -> NoReturn:
    """NaN and the infinities are no JSON, whatever Python thinks."""
    raise ValueError(name)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found
