"""One step on an order from a page of either side: done once, then back to the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import flash, redirect
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.ordering.models import PurchaseOrder
from supply.refusals import Refusal
from supply.web.once import once
from supply.web.toasts import flash_undo

Answer = str | AnyResponse | tuple[str, int]


def take(
    work: Callable[[dt.datetime], PurchaseOrder],
    *,
    said: str = "",
    undo: str | None = None,
    back: str,
    refused: Callable[[Refusal], str],
) -> Answer:
    """Do ``work`` once however often its form is sent, and go ``back``.

    ``said`` is told after, with the way to ``undo`` it if there is one. A refusal shows the page
    that ``refused`` renders.
    """
    now = clock.now()
    try:
        once(lambda: {"order": work(now).id}, now)
    except Refusal as refusal:
        return refused(refusal), 400
    if said and undo:
        flash_undo(said, undo)
    elif said:
        flash(said, "success")
    return redirect(back)
