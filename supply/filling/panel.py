"""What the basket's page offers to fill it from: the last orders and templates."""

from __future__ import annotations

import secrets

from flask import render_template

from supply.accounts.models import Clinic
from supply.filling.again import last_orders
from supply.filling.templates import templates_of
from supply.ordering.panels import on_basket_page


@on_basket_page
def fill_from(clinic: Clinic) -> str:
    """Return the panel; nothing where there is neither an order nor a template yet."""
    orders, templates = last_orders(clinic), templates_of(clinic)
    if not orders and not templates:
        return ""
    return render_template(
        "filling/panel.html",
        clinic=clinic,
        orders=orders,
        templates=templates,
        key=secrets.token_hex(16),
    )
