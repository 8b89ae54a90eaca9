"""Kinds of alert: each is one room's, with words and a rank of its own."""

import datetime as dt

import pytest
from flask import Flask
from flask_babel import lazy_gettext

from supply.alerts.kinds import Kind, by_rank, kind_of, register
from supply.alerts.terms import AlertKind
from supply.replenishment.sweep import SWEPT


def made(word: AlertKind, rank: int) -> Kind:
    """Return a kind that says nothing."""
    return Kind(
        word=word,
        rank=rank,
        label=lazy_gettext("Recall"),
        sentence=lambda _facts, _today: "",
        counted=str,
        link=lambda _alert, _code: None,
    )


def test_what_the_sweep_raises_is_registered_most_urgent_first(app: Flask) -> None:
    assert [kind.word for kind in by_rank()] == [
        AlertKind.SESSION_SHORT,
        AlertKind.OUT_OF_STOCK,
        AlertKind.ORDER_NOW,
        AlertKind.OPEN_PAST_TIME,
        AlertKind.EXPIRED,
        AlertKind.EXPIRING,
        AlertKind.DELIVERY_OVERDUE,
    ]
    assert {kind.word for kind in by_rank()} >= set(SWEPT)


def test_a_word_and_a_rank_are_taken_once(app: Flask) -> None:
    before = by_rank()
    for twin in (made(AlertKind.EXPIRED, 7), made(AlertKind.RECALL, 70)):
        with pytest.raises(ValueError, match="registered already"):
            register(twin)
    assert by_rank() == before


def test_a_kind_says_what_it_is_about(app: Flask) -> None:
    facts = {"packs": 1, "supplier": "Amber", "expected_on": "2026-11-20", "order": "PO-7"}
    kind = kind_of(AlertKind.DELIVERY_OVERDUE)
    with app.test_request_context():
        assert kind.subject is not None
        assert kind.subject(facts) == "Order PO-7"
        said = kind.sentence(facts, dt.date(2026, 11, 24))
        assert said == "1 pack from Amber was expected 4 days ago, 20 Nov. Ask the supplier."
        assert kind.counted(2) == "2 deliveries overdue"
