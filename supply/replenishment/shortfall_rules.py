"""What sessions lack, from the facts of their alerts: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from supply.quantity import as_text
from supply.replenishment.helping import HelpKind

Facts = Mapping[str, Any]

ENOUGH = {HelpKind.TRANSFER: "spare", HelpKind.ARRIVES: "coming", HelpKind.MOVE: "coming"}
"""Ways that help with a quantity, and the fact that says how much."""


def is_pressing(facts: Facts) -> bool:
    """Return whether somebody has to act: not all that a session lacks is on its way, in time."""
    return any(line["help"] != HelpKind.ARRIVES for line in facts["short"])


def by_day(sessions: Sequence[Facts]) -> list[Facts]:
    """Return the facts of sessions folded into one for each day, by day.

    Those of a day that has one session are as they were.
    """
    days: dict[str, list[Facts]] = {}
    for facts in sessions:
        days.setdefault(facts["on"], []).append(facts)
    return [_of_day(days[day]) for day in sorted(days)]


def _of_day(sessions: Sequence[Facts]) -> Facts:
    if len(sessions) == 1:
        return sessions[0]
    lines: dict[str, list[Facts]] = {}
    for facts in sessions:
        for line in facts["short"]:
            lines.setdefault(line["item"], []).append(line)
    together = {"sessions": len(sessions), "at": None}
    return {**sessions[0], **together, "short": [_summed(of_item) for of_item in lines.values()]}


def _summed(lines: Sequence[Facts]) -> Facts:
    """Return what sessions lack of an item together, and what helps with that much."""
    short = sum(Decimal(line["short"]) for line in lines)
    best = {**lines[-1], "short": as_text(Decimal(short))}
    figure = ENOUGH.get(HelpKind(best["help"]))
    if len(lines) > 1 and (figure is None or Decimal(best[figure]) < short):
        best["help"] = HelpKind.ORDER.value
    return best
