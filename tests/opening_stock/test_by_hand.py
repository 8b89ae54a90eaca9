"""Opening stock of one lot, typed on its page."""

from __future__ import annotations

from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from supply import clock
from supply.inventory.terms import EntryKind
from tests.factories import NOW, VIAL, World
from tests.handling.test_pages import entries, last
from tests.support.people import sign_in


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_opening_stock_by_hand(world: World, client: FlaskClient) -> None:
    sign_in(client, "manager@example.org")
    form = {"sku": VIAL, "lot": "H-1", "expiry": "2027-01-31", "containers": "2", "location": "0"}
    assert client.post("/c/riga/stock/opening", data=form).status_code == 302
    assert last() == (EntryKind.OPENING_BALANCE, None, "", Decimal(40))
    refused = client.post("/c/riga/stock/opening", data={**form, "sku": "NOPE"})
    assert refused.status_code == 400
    assert "No item or product has the code NOPE." in refused.get_data(as_text=True)
    assert entries() == 1
