"""Telling a session that falls short which sister clinic could spare it: importing registers it."""

from __future__ import annotations

import datetime as dt

from supply.accounts.models import Clinic
from supply.replenishment.helping import from_sisters
from supply.replenishment.wording import helping
from supply.treatments.elsewhere import Short, spare_teller


@spare_teller
def spared_by_sisters(clinic: Clinic, short: Short, now: dt.datetime) -> dict[int, str]:
    """Return by item the sentence on a sister clinic that has enough to spare."""
    return {item_id: helping(way) for item_id, way in from_sisters(clinic, short, now=now).items()}
