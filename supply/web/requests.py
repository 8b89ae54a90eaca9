"""What a browser or program sends, as the views read it: without the marks nobody sees."""

from __future__ import annotations

from typing import Any

import flask
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, iter_multi_items

from supply.text import seen

PASSWORDS = frozenset({"old", "own_password", "password", "token_password"})
"""The fields whose text is nobody's to change."""

PASTED = "pasted"
"""The field of a list as it was pasted: tabs part its columns. Whoever reads it cleans it."""


class SentValues(ImmutableMultiDict[str, Any]):
    """Names and values of an address or a form, each as it is seen; passwords as they came."""

    def __init__(self, values: Any = None) -> None:
        """Take what was read of a request, in its order."""
        pairs = iter_multi_items(values) if values is not None else ()
        super().__init__([(name, _as_seen(name, value)) for name, value in pairs])


def _as_seen(name: str, value: Any) -> Any:
    if isinstance(value, FileStorage):
        value.filename = seen(value.filename or "") or None
        return value
    as_it_came = name in PASSWORDS or name == PASTED
    return value if as_it_came or not isinstance(value, str) else seen(value)


class SentRequest(flask.Request):
    """A request whose values are cleaned once, where they come in."""

    parameter_storage_class = SentValues
