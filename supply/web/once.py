"""A form sent twice is done once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import request

from supply import idempotency
from supply.web.access import actor


def once(work: Callable[[], dict[str, Any]], now: dt.datetime) -> dict[str, Any]:
    """Run ``work`` in one transaction, once per form: its ``form_key`` is the key.

    Pages put a fresh ``form_key`` in each form (the ``form_key()`` macro), so a
    double click or a reload after a lost answer gets the first answer again.
    """
    key = request.form.get("form_key") or None
    content = {
        "path": request.path,
        "form": sorted((k, v) for k, v in request.form.items(multi=True) if k != "csrf_token"),
    }
    return idempotency.once(actor(), f"form:{key}" if key else None, content, work, now)
