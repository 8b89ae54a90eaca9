"""Reading form-encoded parameters with their brackets: ``line_items[0][quantity]=2``."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from tests.support.stripe_standin.errors import Refused

Node = str | dict[str, "Node"]
"""A value as it was sent, or the values under its name; lists are told apart by what they mean."""

_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")


def read_form(encoded: str) -> dict[str, Node]:
    """Return what a body or query says.

    Raises:
        Refused: brackets that do not fit, or one name both a value and a group of values.
    """
    tree: dict[str, Node] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _place(tree, _parts(name), value, name)
    return tree


def _parts(name: str) -> list[str]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise Refused(f"Invalid parameter name: {name}", param=name)
    return [match[1], *_PART.findall(match[2])]


def _place(tree: dict[str, Node], parts: list[str], value: str, name: str) -> None:
    here = tree
    for part in parts[:-1]:
        below = here.setdefault(part, {})
        if not isinstance(below, dict):
            raise Refused(f"Invalid object: {name}", param=name)
        here = below
    last = parts[-1] or str(len(here))
    if isinstance(here.get(last), dict):
        raise Refused(f"Invalid string: {name}", param=name)
    here[last] = value
