"""Pages that a practice and a supplier both have, each under its own address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint
from flask_login import login_required

_View = TypeVar("_View", bound=Callable[..., Any])


def of_both(
    blueprint: Blueprint, name: str, path: str, method: str = "GET"
) -> Callable[[_View], _View]:
    """Put a page at ``path`` of a practice and of a supplier, as ``practice_<name>`` …

    The view gets ``practice_code`` or ``supplier_code``, and checks what its reader may.
    """

    def install(view: _View) -> _View:
        for side, letter in (("practice", "p"), ("supplier", "s")):
            blueprint.add_url_rule(
                f"/{letter}/<{side}_code>/{path}",
                f"{side}_{name}",
                login_required(view),
                methods=[method],
            )
        return view

    return install
