"""How many alerts are open at a clinic: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.alerts.models import Alert
from supply.alerts.queries import unresolved
from supply.alerts.terms import AlertStatus
from supply.web.waiting import HERE, Count, counts


@counts("alerts.index")
def open_alerts() -> Count:
    """Count the alerts nobody has seen to."""
    return (
        sa.select(sa.func.count(Alert.id))
        .where(Alert.clinic_id == HERE, Alert.status == AlertStatus.OPEN, unresolved())
        .scalar_subquery()
    )
