"""Who may do what: each role and each right, and a certificate on its days."""

from __future__ import annotations

import datetime as dt

import pytest

from supply.accounts.opening import is_open, next_open
from supply.accounts.rules import Right, may
from supply.accounts.terms import Role

TODAY = dt.date(2026, 6, 15)
DAY = dt.timedelta(days=1)
MEANT = {
    Role.OWNER: "view record waste stock trace formulate order settings",
    Role.STOCK_MANAGER: "view waste stock trace formulate order",
    Role.PRACTITIONER: "view record waste trace formulate",
    Role.VIEWER: "view",
    Role.SUPPLIER_ADMIN: "view fulfil catalogue",
    Role.FULFILLER: "view fulfil",
}


@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_rights_and_no_other(role: Role, right: Right) -> None:
    allowed = may(role, right, certificate_valid_to=TODAY + DAY, today=TODAY)
    assert allowed is (right.value in MEANT[role].split())


@pytest.mark.parametrize(
    ("valid_to", "allowed"),
    [(TODAY + DAY, True), (TODAY, True), (TODAY - DAY, False), (None, False)],
)
@pytest.mark.parametrize("right", [Right.RECORD, Right.WASTE, Right.FORMULATE])
def test_a_practitioner_works_through_the_certificates_last_day(
    right: Right, valid_to: dt.date | None, allowed: bool
) -> None:
    assert may(Role.PRACTITIONER, right, certificate_valid_to=valid_to, today=TODAY) is allowed
    assert may(Role.OWNER, right, certificate_valid_to=valid_to, today=TODAY)
    assert may(Role.PRACTITIONER, Right.VIEW, certificate_valid_to=valid_to, today=TODAY)


MONDAY, SATURDAY = dt.date(2026, 6, 15), dt.date(2026, 6, 20)
WEEKDAYS = 0b0011111


def test_a_closed_day_gives_way_to_the_next_open_one() -> None:
    assert [is_open(WEEKDAYS, MONDAY + n * DAY) for n in range(7)] == [True] * 5 + [False] * 2
    assert next_open(WEEKDAYS, MONDAY) == MONDAY
    assert next_open(WEEKDAYS, SATURDAY) == MONDAY + 7 * DAY
    assert next_open(0b1000000, MONDAY) == SATURDAY + DAY
    assert next_open(0, SATURDAY) == SATURDAY
