"""Parameters held against Stripe's own description of each call.

The ``stripe`` package carries that description as typed dictionaries, generated for the pinned
API version. So what the stand-in refuses moves with the package, and not with our memory of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from functools import cache
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from stripe._request_options import RequestOptions
from typing_extensions import is_typeddict  # The package makes its dictionaries with these.

from tests.support.stripe_standin.errors import Refused, missing
from tests.support.stripe_standin.forms import Node

LONGEST: Final = 5_000
"""Characters of a text that no narrower rule limits."""


def check(sent: dict[str, Node], description: type) -> dict[str, Any]:
    """Return ``sent`` with every value in its own type.

    Raises:
        Refused: parameters the call does not have, has to have, or takes in another form.
    """
    unknown = list(_unknown(sent, description, ""))
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        raise Refused(
            f"Received unknown parameter{plural}: {', '.join(unknown)}",
            code="parameter_unknown",
            param=unknown[0],
        )
    return _read_group(sent, description, "")


@cache
def fields(description: type) -> dict[str, Any]:
    """Return the parameters of a typed dictionary, without the options of the client."""
    options = RequestOptions.__annotations__ if _is_whole_call(description) else {}
    own = {k: v for k, v in description.__annotations__.items() if k not in options}
    holder = type("Own", (), {"__annotations__": own})
    return get_type_hints(holder, vars(sys.modules[description.__module__]))


def _is_whole_call(description: type) -> bool:
    """Return whether a description is of a whole call: typed dictionaries forget their bases."""
    return RequestOptions.__annotations__.keys() <= description.__annotations__.keys()


def _unknown(value: Node, kind: Any, name: str) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for inner in _alternatives(kind):
        if is_typeddict(inner):
            known = fields(inner)
            for key, below in value.items():
                path = f"{name}[{key}]" if name else key
                if key not in known:
                    yield path
                else:
                    yield from _unknown(below, known[key], path)
        elif get_origin(inner) is list:
            numbered = ((key, below) for key, below in value.items() if key.isdecimal())
            for key, below in numbered:
                yield from _unknown(below, get_args(inner)[0], f"{name}[{key}]")


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)


def _read_group(sent: dict[str, Node], description: type, name: str) -> dict[str, Any]:
    known = fields(description)
    paths = {key: f"{name}[{key}]" if name else key for key in known}
    for key in known:
        if key in description.__required_keys__ and key not in sent:  # type: ignore[attr-defined]
            raise missing(paths[key])
    return {key: _read(value, known[key], paths[key]) for key, value in sent.items()}


def _read(value: Node, kind: Any, name: str) -> Any:
    alternatives = _alternatives(kind)
    words = [word for inner in alternatives for word in get_args(inner) if _is_literal(inner)]
    if value in words:
        return value
    if value == "":
        raise _empty(name)
    others = [inner for inner in alternatives if not _is_literal(inner)]
    if any(words):  # The package adds "or any text" to each list of words, for words to come.
        others = [inner for inner in others if inner is not str]
    fitting = [inner for inner in others if _is_grouped(inner) == isinstance(value, dict)]
    if not fitting:
        raise _ill_formed(value, others, words, name)
    return _read_one(value, fitting[0], name)


def _is_literal(kind: Any) -> bool:
    return get_origin(kind) is Literal


def _is_grouped(kind: Any) -> bool:
    return kind not in _READERS


def _read_one(value: Node, kind: Any, name: str) -> Any:
    if isinstance(value, str):
        return _READERS[kind](value, name)
    if get_origin(kind) is list:
        return _read_list(value, get_args(kind)[0], name)
    if is_typeddict(kind):
        return _read_group(value, kind, name)
    return _read_words(value, name)


def _read_list(value: dict[str, Node], kind: Any, name: str) -> list[Any]:
    if not all(key.isdecimal() for key in value):
        raise Refused("Invalid array", param=name)
    keys = sorted(value, key=int)
    return [_read(value[key], kind, f"{name}[{key}]") for key in keys]


def _read_words(value: dict[str, Node], name: str) -> dict[str, str]:
    for key, word in value.items():
        if not isinstance(word, str):
            raise Refused("Invalid string: a group was given", param=f"{name}[{key}]")
    return {key: str(word) for key, word in value.items()}


def _read_text(value: str, name: str) -> str:
    if len(value) > LONGEST:
        raise Refused(
            f"Invalid string: must be at most {LONGEST} characters",
            code="parameter_invalid_string",
            param=name,
        )
    return value


def _read_whole(value: str, name: str) -> int:
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        raise Refused(f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def _read_truth(value: str, name: str) -> bool:
    if value not in {"true", "false"}:
        raise Refused(f"Invalid boolean: {value}", param=name)
    return value == "true"


def _read_decimal(value: str, name: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise Refused(f"Invalid decimal: {value}", param=name) from None


_READERS: Final[dict[Any, Callable[[str, str], Any]]] = {
    str: _read_text,
    int: _read_whole,
    bool: _read_truth,
    Decimal: _read_decimal,
}


def _empty(name: str) -> Refused:
    return Refused(
        f"You passed an empty string for '{name}'. Leave the parameter out, or give it a value.",
        code="parameter_invalid_empty",
        param=name,
    )


def _ill_formed(value: Node, kinds: list[Any], words: list[Any], name: str) -> Refused:
    if words and isinstance(value, str):
        return Refused(f"Invalid {name}: must be one of {', '.join(words)}", param=name)
    if isinstance(value, dict):
        return Refused(f"Invalid value for {name}: a group was given", param=name)
    shape = "array" if any(get_origin(kind) is list for kind in kinds) else "object"
    return Refused(f"Invalid {shape}", param=name)
