"""Rules that hold for every template, read as text."""

import re
from pathlib import Path

import pytest

from supply.config import ROOT

TEMPLATES = ROOT / "templates"
PAGES = sorted(p for p in TEMPLATES.rglob("*.html") if p.relative_to(TEMPLATES).parts[0] != "email")
INLINE = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=\"", re.IGNORECASE)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def _markup(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_pages_keep_to_the_content_policy(path: Path) -> None:
    assert INLINE.findall(_markup(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_the_name_of_the_product_is_added_to_titles_once(path: Path) -> None:
    if path.name != "skeleton.html":
        assert re.findall(r"block title %\}.*?· Supply", _markup(path)) == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_page_that_uses_htmx_loads_it(path: Path) -> None:
    markup = _markup(path)
    uses = re.search(r"\bhx-(get|post|put|delete|trigger|boost)\b", markup) is not None

    if '{% extends "base.html" %}' in markup:
        assert ("{% set htmx = True %}" in markup) is uses
    elif path.name != "base.html":
        assert not uses, "the page that includes this cannot know that it needs htmx"
