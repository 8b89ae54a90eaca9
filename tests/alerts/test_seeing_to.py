"""What people do with alerts: acknowledge, snooze, and what is closed to them."""

import datetime as dt

import pytest
import sqlalchemy as sa

from supply.alerts.models import Alert
from supply.alerts.services import AlertClosed, acknowledge, snooze
from supply.db import db, transaction
from supply.refusals import InvalidInput
from tests.factories import BIOTIN, NOW, TODAY, World, stock
from tests.replenishment.conftest import Reorder, alerts, swept

DAY = dt.timedelta(days=1)
BIOTIN_NAME = "Biotin 5 mg/ml, ampoule"


def only_alert() -> Alert:
    """Return the only alert there is, as the database has it now."""
    db.session.rollback()
    return db.session.scalars(sa.select(Alert)).one()


def test_acknowledged_stays_so_while_the_cause_lasts(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    alert_id = only_alert().id
    with transaction():
        acknowledge(world.clinic.id, alert_id, actor=world.actor(), now=NOW)
    swept(NOW + DAY)
    assert alerts() == [("order_now", "acknowledged", BIOTIN_NAME)]


def test_snoozed_opens_again_on_its_day(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    alert_id = only_alert().id
    with transaction():
        snooze(
            world.clinic.id,
            alert_id,
            until=TODAY + DAY * 2,
            today=TODAY,
            actor=world.actor(),
            now=NOW,
        )
    swept(NOW + DAY)
    assert alerts() == [("order_now", "snoozed", BIOTIN_NAME)]
    swept(NOW + DAY * 2)
    assert alerts() == [("order_now", "open", BIOTIN_NAME)]
    assert only_alert().snoozed_until is None


@pytest.mark.parametrize("days", [0, -1, 91])
def test_a_snooze_has_bounds(world: World, reorder: Reorder, days: int) -> None:
    reorder(BIOTIN, "10", "25")
    swept()
    alert_id = db.session.scalars(sa.select(Alert.id)).first()
    assert alert_id is not None
    with pytest.raises(InvalidInput, match="Choose from 1 to 90 days"), transaction():
        snooze(
            world.clinic.id,
            alert_id,
            until=TODAY + DAY * days,
            today=TODAY,
            actor=world.actor(),
            now=NOW,
        )


def test_a_resolved_or_foreign_alert_is_closed(world: World, reorder: Reorder) -> None:
    stock(world, BIOTIN, "8")
    reorder(BIOTIN, "10", "25")
    swept()
    alert_id = only_alert().id
    with pytest.raises(AlertClosed), transaction():
        acknowledge(world.sister.id, alert_id, actor=world.actor(), now=NOW)
    stock(world, BIOTIN, "50", lot="B2")
    swept()
    with pytest.raises(AlertClosed), transaction():
        acknowledge(world.clinic.id, alert_id, actor=world.actor(), now=NOW)
