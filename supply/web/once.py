"""A form sent twice is done once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import request

from supply import idempotency
from supply.web.access import actor


def once(work: Callable[[], dict[str, Any]], now: dt.datetime, *, part: str = "") -> dict[str, Any]:
    """Run ``work`` in one transaction, once per form: its ``form_key`` is the key.

    Pages put a fresh ``form_key`` in each form (the ``form_key()`` macro), so a
    double click or a reload after a lost answer gets the first answer again. ``part`` names one
    of several pieces of work that a form asks for, each done once by itself.
    """
    key = request.form.get("form_key") or None
    if key and part:
        key = f"{key}:{part}"
    content = {
        "path": request.path,
        "form": sorted((k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"),
    }
    return idempotency.once(actor(), f"form:{key}" if key else None, content, work, now)
