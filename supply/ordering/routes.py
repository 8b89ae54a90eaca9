"""Where the pages of orders are registered, of this room and of rooms above."""

from __future__ import annotations

from flask import Blueprint

from supply.money import Money
from supply.vat import wording as vat

blueprint = Blueprint("ordering", __name__)
blueprint.add_app_template_filter(vat.rows, "vat_rows")
blueprint.add_app_template_filter(Money, "minor")
