"""The blueprint that the pages of this room register on."""

from __future__ import annotations

from decimal import Decimal

from flask import Blueprint
from werkzeug.wrappers import Response

from supply.catalogue import wording
from supply.quantity import Unit

Page = str | Response | tuple[str, int]

blueprint = Blueprint("treatments", __name__)


@blueprint.app_template_filter()
def unit_word(unit: str, count: Decimal | None = None) -> str:
    """Return a base unit as it stands behind a figure: "ml", "pieces"."""
    return wording.unit_word(Unit(unit), count)


@blueprint.app_template_filter()
def allergen_word(code: str) -> str:
    """Return an allergen's name."""
    return wording.allergen(code)
