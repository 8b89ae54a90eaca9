"""Texts for translators: what a language's file lacks is named, and rules speak its language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from flask import Flask
from flask_babel import Babel, gettext

from scripts import messages
from supply import sentences
from supply.quantity import InvalidQuantityError, Unit, parse
from supply.sentences import say, translate_with


@pytest.fixture
def shouting() -> Iterator[None]:
    """Another language: the same words, louder."""
    told = sentences._translator
    translate_with(lambda text: text.replace("Use at most", "USE AT MOST"))
    yield
    translate_with(told)


def test_a_rule_speaks_the_language_of_the_moment_it_is_read(shouting: None) -> None:
    with pytest.raises(InvalidQuantityError) as refused:
        parse("1.0005", Unit.ML)
    assert str(refused.value) == "USE AT MOST three decimals."


def test_a_sentence_within_a_sentence_is_translated_too(shouting: None) -> None:
    inner = say("Use at most %(most)d.", most=3)
    assert str(say("That is 100 %% wrong. %(advice)s", advice=inner)) == (
        "That is 100 % wrong. USE AT MOST 3."
    )


def test_without_values_a_percent_sign_stands_for_itself() -> None:
    assert str(say("100 % of it")) == "100 % of it"


def test_outside_a_request_a_rule_speaks_as_written() -> None:
    app = Flask(__name__)
    Babel(app)
    told = sentences._translator
    translate_with(gettext)
    assert str(say("Enter a number.")) == "Enter a number."
    translate_with(told)


def _catalog(*texts: tuple[str | tuple[str, str], str | tuple[str, ...]]) -> Catalog:
    catalog = Catalog(locale="fr")
    for text, translation in texts:
        catalog.add(text, translation)
    return catalog


def test_what_a_language_lacks_is_named() -> None:
    template = _catalog(("Stock", ""), ("Lot %(lot)s", ""), (("%(num)d pack", "%(num)d packs"), ""))
    assert messages.faults(_catalog(), template) == [
        "not translated: Stock",
        "not translated: Lot %(lot)s",
        "not translated: %(num)d pack",
    ]


def test_a_translation_names_the_values_of_its_text() -> None:
    template = _catalog(("Lot %(lot)s", ""), (("%(num)d pack", "%(num)d packs"), ""))
    wrong = _catalog(
        ("Lot %(lot)s", "Lot %(lots)s"),
        (("%(num)d pack", "%(num)d packs"), ("%(num)d boîte", "%(n)d boîtes")),
    )
    assert messages.faults(wrong, template) == [
        "names a value that is not given: Lot %(lots)s",
        "does not name the same values: Lot %(lots)s",
        "names a value that is not given: %(n)d boîtes",
    ]


def test_one_of_a_plural_may_leave_its_number_out() -> None:
    template = _catalog((("%(num)d pack", "%(num)d packs"), ""))
    good = _catalog((("%(num)d pack", "%(num)d packs"), ("une boîte", "%(num)d boîtes")))
    assert messages.faults(good, template) == []


def test_pages_mails_and_rules_are_read_for_texts() -> None:
    template = messages.marked_texts()
    assert template.get("Use at most three decimals.") is not None
    assert template.get("Nothing is left to cancel on order %(number)s.") is not None
    assert len(template) > 1000


@pytest.mark.parametrize("path", messages.files(), ids=lambda path: path.parent.parent.name)
def test_every_language_is_whole(path: Path) -> None:
    assert messages.faults(messages.read(path), messages.marked_texts()) == []
