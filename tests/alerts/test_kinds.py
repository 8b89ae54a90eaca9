"""Kinds of alert: each is one room's, with words and a rank of its own."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask_babel import lazy_gettext

from supply.alerts import wording
from supply.alerts.kinds import Kind, by_rank, kind_of, register
from supply.alerts.models import Alert
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
        AlertKind.RECALL,
        AlertKind.COLD_CHAIN,
        AlertKind.SESSION_SHORT,
        AlertKind.OUT_OF_STOCK,
        AlertKind.ORDER_NOW,
        AlertKind.OPEN_PAST_TIME,
        AlertKind.COUNT_VARIANCE,
        AlertKind.EXPIRED,
        AlertKind.EXPIRING,
        AlertKind.DELIVERY_OVERDUE,
    ]
    assert {kind.word for kind in by_rank()} >= set(SWEPT)


def test_a_word_and_a_rank_are_taken_once(app: Flask) -> None:
    before = by_rank()
    for twin in (made(AlertKind.EXPIRED, 7), made(AlertKind.COUNT_VARIANCE, 70)):
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


BIOTIN = {"item": "Biotin", "unit": "ml", "container": "ampoule", "content": "1"}
LOT = {**BIOTIN, "lot": "B1", "quantity": "8"}
LOW = {
    **BIOTIN,
    "available": "2",
    "on_order": "0",
    "reorder_point": "5",
    "par_level": "25",
    "currency": "EUR",
}
LACKS = {**BIOTIN, "short": "2", "help": "order"}

TOLD: Mapping[AlertKind, tuple[Mapping[str, Any], str, str]] = {
    AlertKind.RECALL: (
        {
            "recall": 4,
            "class": "I",
            "drill": False,
            "product": "Biotin",
            "lots": ["B1", "B2"],
            "acknowledged": True,
            "left": 1,
        },
        "Class I, lots B1, B2. 1 lot is still to be returned or destroyed.",
        "See the recall",
    ),
    AlertKind.COLD_CHAIN: (
        {
            "excursion": 3,
            "location": "Fridge",
            "side": "warm",
            "low": 810,
            "high": 1240,
            "minutes": 185,
            "on": True,
            "held": 2,
            "answered": False,
        },
        "12.4 °C, 3 h 5 min out of range. It still is. 2 lots are on hold: ask their makers.",
        "See the excursion",
    ),
    AlertKind.SESSION_SHORT: (
        {"formulation": "Hair", "on": "2026-11-26", "at": None, "short": [LACKS]},
        "Missing: Biotin (2 ampoules)."
        " Order 2 ampoules now; if they come too late, move the session.",
        "See the day",
    ),
    AlertKind.OUT_OF_STOCK: (
        {
            **BIOTIN,
            "on_order": "0",
            "remedy": "order",
            "packs": 1,
            "quantity": "10",
            "supplier": "Amber",
        },
        "None available, and none on order. Order 1 pack (10 ampoules) from Amber.",
        "Order",
    ),
    AlertKind.ORDER_NOW: (
        {**LOW, "packs": 3, "quantity": "30"},
        "2 ampoules available and none on order, at or below the reorder point of 5."
        " Order 3 packs (30 ampoules) to reach the par level of 25.",
        "Order",
    ),
    AlertKind.OPEN_PAST_TIME: (
        {**LOT, "discard_at": "2026-11-24T06:00:00+00:00", "timezone": "Europe/Riga"},
        "An open container of lot B1, 8 ml left: use by 24 Nov 2026, 08:00 has passed. Discard it.",
        "See the item",
    ),
    AlertKind.COUNT_VARIANCE: (
        {
            **LOT,
            "location": "Fridge",
            "count": 3,
            "difference": "-8",
            "value": -2000,
            "currency": "EUR",
            "counted_on": "2026-11-20",
        },
        "8 ampoules missing (€20.00). Lot B1 in Fridge, counted on 20 Nov 2026."
        " Count it again, or acknowledge it.",
        "See the count",
    ),
    AlertKind.EXPIRED: (
        {**LOT, "expiry": "2026-11-20"},
        "Lot B1 expired on 20 Nov 2026, and 8 ampoules are still on the shelf. Discard them.",
        "See the item",
    ),
    AlertKind.EXPIRING: (
        {**LOT, "expiry": "2026-12-04"},
        "8 ampoules of lot B1 expire in 10 days, 4 Dec. Use them first.",
        "See the item",
    ),
    AlertKind.DELIVERY_OVERDUE: (
        {"packs": 3, "supplier": "Amber", "expected_on": "2026-11-20", "order": "PO-7"},
        "3 packs from Amber were expected 4 days ago, 20 Nov. Ask the supplier.",
        "See the order",
    ),
}
"""What each kind says, and its button: what is wrong, then what to do about it."""


def test_each_kind_says_what_to_do_and_has_one_action(app: Flask) -> None:
    today = dt.date(2026, 11, 24)
    assert list(TOLD) == [kind.word for kind in by_rank()]
    with app.test_request_context():
        for word, (facts, said, button) in TOLD.items():
            alert = Alert(kind=word, facts=dict(facts), item_id=1, order_id=1)
            assert wording.message(word, facts, today) == said
            link = wording.link(alert, "riga")
            assert link is not None
            assert link[0] == button


def test_what_cannot_be_ordered_leads_to_its_item(app: Flask) -> None:
    alert = Alert(kind=AlertKind.ORDER_NOW, facts=LOW, item_id=7)
    with app.test_request_context():
        assert wording.message(alert.kind, LOW, dt.date(2026, 11, 24)).endswith(
            "No product of it has a price in EUR: add one to order it."
        )
        assert wording.link(alert, "riga") == ("See the item", "/c/riga/items/7")
