"""Toasts: what was done, with the way to take it back."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from flask import flash


def flash_undo(text: str, undo_url: str, fields: Mapping[str, object] | None = None) -> None:
    """Show ``text`` after the redirect, with *Undo*, which posts ``fields`` to ``undo_url``.

    Pressed twice it is done once: it has a form key, as every form has.
    """
    sent = {"form_key": secrets.token_hex(16), **(fields or {})}
    message: Any = {"text": str(text), "undo_url": undo_url, "fields": sent}
    flash(message, "undo")


def flash_notes(notes: Iterable[str]) -> None:
    """Show, after the redirect, what is worth a second look; nothing was refused for it."""
    for note in notes:
        flash(note, "warning")
