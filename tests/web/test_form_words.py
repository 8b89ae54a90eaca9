"""What is wrong in a form is said in our words, whatever is typed; never in the form library's."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.resources import files
from pathlib import Path

import pytest
import wtforms
from babel.messages.pofile import read_po
from flask import Flask
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectField

from supply.web.forms import SAID_OTHERWISE, PageForm

PACKAGE = Path(__file__).resolve().parents[2] / "supply"
NONSENSE = (
    "", " ", "\u200e", "abc", "-1", "0", "1,5", "1.5", "1000000000000", "1" * 5_000, "2020-13-45",
    "31/12/2020", "😀", "\u202ecba", "9" * 400, "NaN", "1e9",
)  # fmt: skip
"""What people and machines type where something else is wanted."""


def _every_form() -> list[type[FlaskForm]]:
    for path in sorted(PACKAGE.glob("**/*forms.py")):
        import_module(".".join(("supply", *path.relative_to(PACKAGE).with_suffix("").parts)))
    found, waiting = [], [FlaskForm]
    while waiting:
        kind = waiting.pop()
        for form in kind.__subclasses__():
            waiting.append(form)
            if form.__module__.startswith("supply."):
                found.append(form)
    return found


def _librarys_words() -> list[re.Pattern[str]]:
    with files(wtforms).joinpath("locale/wtforms.pot").open("rb") as file:
        texts = [text for m in read_po(file) if m.id for text in _forms(m.id)]
    return [re.compile(re.sub(r"%\\\((\w+)\\\)[ds]|%s", ".*", re.escape(t))) for t in texts]


def _forms(text: object) -> list[str]:
    return list(text) if isinstance(text, tuple | list) else [str(text)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_form_says_what_the_library_would(app: Flask) -> None:
    theirs = _librarys_words()
    forms = _every_form()
    assert len(forms) > 25
    said = set()
    for kind in forms:
        for nonsense in NONSENSE:
            said |= {(kind.__name__, *error) for error in _errors(app, kind, nonsense)}
    assert {one[2] for one in said if any(word.fullmatch(one[2]) for word in theirs)} == set()
    assert {one for one in said if one[2] == "Enter this."} == set()
    assert len(said) > 60


def _errors(app: Flask, kind: type[FlaskForm], nonsense: str) -> list[tuple[str, str]]:
    with app.test_request_context("/", method="POST"):
        names = [field.name for field in kind(formdata=None)]
        form = kind(formdata=MultiDict(dict.fromkeys(names, nonsense)))
        for field in form:
            if isinstance(field, SelectField) and field.choices is None:
                field.choices = [("1", "X")]
        form.validate()
        return [(field.name, str(error)) for field in form for error in field.errors]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_form_is_one_of_ours(app: Flask) -> None:
    assert [form for form in _every_form() if not issubclass(form, PageForm)] == []


def test_what_the_library_says_is_known() -> None:
    """A text of ours stands for one the library has; a typing mistake would translate nothing."""
    with files(wtforms).joinpath("locale/wtforms.pot").open("rb") as file:
        theirs = {text for m in read_po(file) if m.id for text in _forms(m.id)}
    assert set(SAID_OTHERWISE) <= theirs
