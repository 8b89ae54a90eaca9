"""The blueprint that a depot's pages are on, and what they share."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from supply.accounts.models import Clinic, Supplier
from supply.accounts.rules import Right
from supply.depot.keeping import depot_of
from supply.web import access
from supply.web.toasts import flash_undo

blueprint = Blueprint("depot", __name__)

Page = str | Response | tuple[str, int]

ADDRESS = "/s/<supplier_code>/stock"


def opened(supplier_code: str) -> tuple[Supplier, Clinic]:
    """Return the supplier and its depot for a person who fulfils; KeepsNoStock where it has none.

    Raises NotFoundHereError (404) or ForbiddenError (403) as :func:`supply.web.access.supplier`.
    """
    supplier = access.supplier(supplier_code, Right.FULFIL)
    return supplier, depot_of(supplier)


def say_done(supplier: Supplier, entry_id: int, said: str, **back: Any) -> None:
    """Say what was done on the next page, with the way to undo it."""
    undo = url_for("depot.undo_entry", supplier_code=supplier.code, entry_id=entry_id)
    flash_undo(said, undo, back)
