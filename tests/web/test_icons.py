"""The sprite holds the icons in use: no more, and none is missing."""

import ast
import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from flask import Flask

from supply.config import ROOT
from supply.web.icons import ICONS, SPRITE, icon_url

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CODE = sorted(p for p in (ROOT / "supply").rglob("*.py") if p.name != "icons.py")
PACKAGE = ROOT / "node_modules" / "bootstrap-icons" / "icons"
NAMED = re.compile(r"icon(?:_url)?\(\s*[\"']([a-z0-9-]+)[\"']|\bicon\s*=\s*[\"']([a-z0-9-]+)[\"']")
QUOTED = re.compile(r"[\"']([a-z0-9-]+)[\"']")


def _in_templates() -> set[str]:
    found = (NAMED.findall(path.read_text(encoding="utf-8")) for path in TEMPLATES)
    return {one or other for matches in found for one, other in matches}


def _strings_of_code() -> Iterator[str]:
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_every_icon_a_template_names_is_in_the_sprite() -> None:
    assert _in_templates() - set(ICONS) == set()


def test_every_icon_that_code_names_is_in_the_sprite() -> None:
    """One word may be anything; a name with a hyphen that the package knows is an icon."""
    known = {path.stem for path in PACKAGE.glob("*-*.svg")}
    assert known, "the packages are not installed: make setup"

    assert known & set(_strings_of_code()) - set(ICONS) == set()


def test_the_sprite_holds_no_icon_that_nothing_names() -> None:
    quoted = {
        name for path in TEMPLATES for name in QUOTED.findall(path.read_text(encoding="utf-8"))
    }

    assert set(ICONS) - quoted - set(_strings_of_code()) == set()


def test_the_sprite_is_made_of_the_list() -> None:
    sprite = ElementTree.parse(ROOT / "static" / SPRITE).getroot()  # noqa: S314 - our own file

    assert [symbol.get("id") for symbol in sprite] == list(ICONS)


def test_an_icon_that_is_not_there_fails_a_test_and_not_a_page(app: Flask) -> None:
    with app.test_request_context():
        with pytest.raises(LookupError, match="no-such-icon"):
            icon_url("no-such-icon")
        app.testing = False
        assert icon_url("no-such-icon").endswith("icons.svg#no-such-icon")
