"""What programs send, and holding that it is refused for one field alone."""

from __future__ import annotations

from typing import Any

from tests.api.calls import Api, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import BIOTIN, FORMULATION


def goods(**changes: Any) -> dict[str, Any]:
    """Return a receipt of one line."""
    line = {"sku": BIOTIN, "lot": "G-1", "expiry": "2027-01-31", "quantity": "10"} | changes
    return {"lines": [{name: value for name, value in line.items() if value is not ...}]}


def session(**changes: Any) -> dict[str, Any]:
    return {"formulation": FORMULATION, "patient_ref": "P-1"} | changes


def thrown(**changes: Any) -> dict[str, Any]:
    return {"sku": BIOTIN, "lot": "A1", "quantity": "1", "reason": "dropped"} | changes


def refused(api: Api, path: str, bodies: list[Any], field: str) -> None:
    """Hold that each body is refused for ``field`` alone, and that nothing changed."""
    before = rows()
    for body in bodies:
        answer = api.post(path, body)
        assert (body, answer.status_code, set(fields_at_fault(answer))) == (body, 422, {field})
        assert answer.mimetype == "application/problem+json"
    assert rows() == before
    assert_ledger_agrees()
