"""The icons in use: set-up makes a sprite of these alone, so that a page loads no others."""

from __future__ import annotations

from typing import Final

from flask import current_app, g, url_for

SPRITE: Final = "vendor/icons.svg"

ICONS: Final = (
    "archive",
    "arrow-counterclockwise",
    "arrow-down",
    "arrow-left",
    "arrow-left-right",
    "arrow-repeat",
    "arrow-right",
    "arrow-up",
    "bell",
    "box-arrow-in-down",
    "box-arrow-in-right",
    "box-arrow-right",
    "box-seam",
    "building",
    "calendar-plus",
    "calendar3",
    "camera",
    "cart",
    "cart-check",
    "cart-plus",
    "cart3",
    "chat-left-text",
    "check-all",
    "check-circle",
    "check-circle-fill",
    "check-lg",
    "chevron-expand",
    "chevron-left",
    "chevron-right",
    "clipboard-check",
    "clipboard-plus",
    "clipboard2-pulse",
    "clock",
    "clock-history",
    "dash-lg",
    "diagram-3",
    "download",
    "envelope",
    "exclamation-circle-fill",
    "exclamation-octagon",
    "exclamation-octagon-fill",
    "exclamation-triangle",
    "exclamation-triangle-fill",
    "file-earmark-code",
    "file-earmark-pdf",
    "filetype-csv",
    "fingerprint",
    "gear",
    "geo-alt",
    "hourglass-split",
    "house",
    "inbox",
    "inboxes",
    "info-circle-fill",
    "journal-text",
    "key",
    "keyboard",
    "lightbulb",
    "list-check",
    "list-ul",
    "pause-circle",
    "pencil",
    "people",
    "person",
    "person-circle",
    "person-dash",
    "person-plus",
    "phone",
    "play-circle",
    "plus-lg",
    "printer",
    "receipt",
    "search",
    "send",
    "shield-lock",
    "sliders",
    "snow",
    "sun",
    "tag",
    "tags",
    "three-dots",
    "trash3",
    "truck",
    "unlock",
    "upc-scan",
    "upload",
    "x-lg",
)
"""Names in the bootstrap-icons package. After adding one, ``make setup``."""

_KNOWN: Final = frozenset(ICONS)


def icon_url(name: str) -> str:
    """Return the address of one icon of the sprite.

    Raises LookupError in tests for an icon that is not among :data:`ICONS`; outside them such an
    icon shows nothing.
    """
    if name not in _KNOWN and current_app.testing:
        raise LookupError(f"no icon {name!r}: add it to supply/web/icons.py, then make setup")
    if "sprite" not in g:
        g.sprite = url_for("static", filename=SPRITE)
    return f"{g.sprite}#{name}"
