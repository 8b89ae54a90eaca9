"""What is overdue, at the supplier's desk."""

from __future__ import annotations

from flask import render_template

from supply.accounts.models import Supplier
from supply.desk.panels import on_desk
from supply.settling.queries import overdue_of
from supply.web import access


@on_desk
def overdue_panel(supplier: Supplier) -> str:
    """Show which practices are overdue; nothing where none is."""
    rows = overdue_of(supplier, access.today())
    return render_template("settling/overdue.html", supplier=supplier, rows=rows) if rows else ""
