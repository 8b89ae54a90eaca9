"""Addresses compiled once a run: thousands of tests make an app with the same two hundred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_addresses_once(patch: pytest.MonkeyPatch) -> None:
    """Let a rule take the builder of an earlier one that reads the same.

    A builder is bound to its rule afterwards and asks that rule's converters, so that two rules
    of the same words and defaults can share one.
    """
    compile_builder = Rule._compile_builder
    compiled: dict[tuple[Any, ...], Builder] = {}

    def compile_once(rule: Rule, append_unknown: bool = True) -> Builder:
        defaults = tuple(sorted((rule.defaults or {}).items(), key=str))
        words = (rule.rule, tuple(rule._trace), repr(defaults), append_unknown)
        if words not in compiled:
            compiled[words] = compile_builder(rule, append_unknown)
        return compiled[words]

    patch.setattr(Rule, "_compile_builder", compile_once)
