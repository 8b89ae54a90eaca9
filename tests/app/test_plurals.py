"""A number and the word it counts agree: every such text is one of a pair, by `ngettext`."""

from __future__ import annotations

import re
from typing import Final

from scripts.messages import marked_texts

COUNTED: Final = re.compile(r"%\((?P<name>\w+)\)(?P<kind>[ds])\s+(?P<word>[a-z]+)")
"""A number, or what may be one, and the word behind it."""

THINGS: Final = re.compile(
    "(pack|day|hour|minute|month|lot|row|line|item|product|piece|vial|session|order|price|cell"
    "|fault|mail|alert|column)s?"
)
"""What is counted: behind ``%(x)s`` only these make a text a count."""

LIMITS: Final = frozenset(
    {
        # Limits of ours, fixed and far from one.
        "Enter a lead time of 0 to %(most)d days.",
        "Enter 0 to %(most)d days.",
        "Enter 1 to %(most)s days, or nothing.",
        "Send at most %(most)d lines in a call.",
        "Print from 0 to %(most)d of each.",
        "Print from 1 to %(most)d labels at a time.",
        "Send from 1 to %(most)d readings.",
        "Enter from 0 to %(most)d minutes.",
        "The file has more than %(count)d rows. Split it.",
        "This row has more than %(count)d columns. Delete those that are not needed.",
        "Give it a name of at most %(count)d characters.",
        "Send a key of 1 to %(most)d characters.",
        "Shorten the address to %(count)d characters.",
        "Use at most %(count)d characters for each ingredient.",
        "Use at most %(count)d characters.",
        "Use at most %(max)d characters.",
        "Name at most %(most)d lots.",
        "Name at most %(most)d products.",
        "A template has at most %(most)d lines.",
        "Paste at most %(most)d characters at a time.",
        "Paste at most %(most)d lines at a time.",
        # A range or a share: no word is counted.
        "%(first)d to %(last)d of %(total)d",
        "Enter %(least)d to %(most)d packs.",
        "Enter a gauge from %(least)d to %(most)d, such as 30.",
        "Enter a whole number from %(least)d to %(most)d.",
        "Scanned %(counted)d of %(expected)d",
        "%(received)d of %(packs)d",
        "%(part)d of %(whole)d",
        "Box %(box)d of %(boxes)d",
        "A shipment has at most %(most)d tracking numbers.",
        "%(names)s and %(count)d more",
        # The number is a name.
        "Row %(row)d has the same one.",
        "What line %(number)d means",
        "This item is in row %(row)d already.",
    }
)
"""Texts with a number and a word behind it that need no plural, and why."""


def _counts(text: str) -> bool:
    return any(
        found["kind"] == "d" or THINGS.fullmatch(found["word"]) for found in COUNTED.finditer(text)
    )


def test_a_number_and_its_word_agree() -> None:
    alone = {m.id for m in marked_texts() if m.id and isinstance(m.id, str)}
    assert sorted(text for text in alone if _counts(text) and text not in LIMITS) == []
    assert sorted(LIMITS - alone) == [], "no longer there"


def test_what_counts_is_seen() -> None:
    assert _counts("%(packs)d packs were sent")
    assert _counts("Only %(left)s days are left")
    assert not _counts("Order %(number)s is placed.")
    assert not _counts("Lot %(lot)s expires")
