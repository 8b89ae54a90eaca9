"""One step on an order from a page of either side: done once, then back to the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

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
    undo_fields: Mapping[str, object] | None = None,
    back: str,
    refused: Callable[[Refusal], Answer],
) -> Answer:
    """Do ``work`` once however often its form is sent, and go ``back``.

    ``said`` is told after, with the way to ``undo`` it if there is one, to which ``undo_fields``
    are sent. A refusal shows what ``refused`` returns: a page gets status 400.
    """
    now = clock.now()
    try:
        once(lambda: {"order": work(now).id}, now)
    except Refusal as refusal:
        answer = refused(refusal)
        return (answer, 400) if isinstance(answer, str) else answer
    if said and undo:
        flash_undo(said, undo, undo_fields)
    elif said:
        flash(said, "success")
    return redirect(back)
