"""Alerts made by hand, for pages that show them."""

from supply.accounts.models import Clinic
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.db import db, transaction
from supply.items.models import Item
from tests.factories import NOW


def raise_alert(clinic: Clinic, item: Item, subject: str) -> None:
    """Open an alert that ``item`` is out at ``clinic``, committed."""
    with transaction():
        db.session.add(
            Alert(
                clinic_id=clinic.id,
                kind=AlertKind.OUT_OF_STOCK,
                subject=subject,
                item_id=item.id,
                facts={"on_hand": "0", "on_order": "0", "unit": "ml"},
                opened_at=NOW,
            )
        )
