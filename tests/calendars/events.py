"""Calendars as programs write them."""

from __future__ import annotations


def event(uid: str, start: str, title: str = "", *more: str) -> str:
    """Return one event; ``start`` is what follows DTSTART, such as ``:20260616T090000Z``."""
    lines = [f"UID:{uid}", f"DTSTART{start}", f"SUMMARY:{title}", *more]
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendar(*events: str) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    return ("\r\n".join([*head, *events, "END:VCALENDAR"]) + "\r\n").encode()
