"""What the pages of the room share: filling the basket once, and saying what was done."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from typing import Any

from flask import flash, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic
from supply.baskets.drafts import BasketLine
from supply.baskets.instead import InsteadOf, basket_url
from supply.filling.again import Again
from supply.filling.services import fill_basket
from supply.web import access
from supply.web.once import once
from supply.web.toasts import flash_undo


def fill_once(clinic: Clinic, lines: Iterable[BasketLine], now: dt.datetime) -> None:
    """Put ``lines`` into the basket, once however often the form is sent, and offer *Undo*.

    Raises:
        Refusal: see :func:`supply.filling.services.fill_basket`; nothing is changed.
    """
    wanted = list(lines)

    def work() -> dict[str, Any]:
        done = fill_basket(clinic, wanted, actor=access.actor(), now=now)
        changes = [[key, *packs] for key, packs in sorted(done.changes.items())]
        return {"lines": done.lines, "packs": done.packs, "changes": changes}

    done = once(work, now)
    text = ngettext(
        "%(num)d product is in the basket: %(packs)s packs more.",
        "%(num)d products are in the basket: %(packs)s packs more.",
        done["lines"],
        packs=done["packs"],
    )
    fields = {"changes": json.dumps(done["changes"])}
    flash_undo(str(text), url_for("filling.undo", clinic_code=clinic.code), fields)


def fill_again(clinic: Clinic, found: Again, now: dt.datetime) -> str | None:
    """Put what can be ordered again into the basket and name the rest; return where to go on.

    That is the basket, which offers what replaces products that are no longer sold. None where
    nothing can be ordered, nor anything instead of it.
    """
    replaced = [gone for gone in found.gone if gone.instead]
    if found.lines:
        fill_once(clinic, found.lines, now)
    elif not replaced:
        flash(_("Nothing of it is sold any more."), "error")
        return None
    _say_gone([gone.product.name for gone in found.gone if not gone.instead])
    asked = [InsteadOf(gone.product.id, gone.packs) for gone in replaced]
    return basket_url(clinic.code, asked)


def _say_gone(names: Sequence[str]) -> None:
    """Tell on the next page what is not sold any more, nor replaced."""
    if names:
        text = ngettext(
            "Left out, as it is no longer sold: %(names)s.",
            "Left out, as they are no longer sold: %(names)s.",
            len(names),
            names=", ".join(names),
        )
        flash(str(text), "warning")
