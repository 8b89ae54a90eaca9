"""The same key twice: one entry, one answer; also when it comes sixteen times at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.calls import Api, Cast, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import BIOTIN, FORMULATION, NEEDLE, make_formulation, stock

SESSION = {"formulation": FORMULATION, "patient_ref": "P-1"}
PATH = "/clinics/riga/sessions"
TWINS = 16


@pytest.fixture
def practitioner(cast: Cast) -> Api:
    """A practitioner with enough for five sessions."""
    stock(cast.world, BIOTIN, "10")
    make_formulation(cast.world, [(BIOTIN, "2")])
    return cast.api("practitioner")


def test_a_repeat_gets_the_first_answer(cast: Cast, practitioner: Api) -> None:
    first = practitioner.post(PATH, SESSION, key="k-1")
    before = rows()
    again = practitioner.post(PATH, dict(reversed(SESSION.items())), key="k-1")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert rows() == before
    other = practitioner.post(PATH, SESSION | {"patient_ref": "P-2"}, key="k-1")
    assert other.status_code == 409
    assert other.mimetype == "application/problem+json"
    elsewhere = practitioner.post("/clinics/riga/waste", {}, key="k-1")
    assert elsewhere.status_code == 422
    assert rows() == before
    # Another person's key is another key, and so is another of one's own.
    assert cast.api("owner").post(PATH, SESSION, key="k-1").status_code == 201
    assert practitioner.post(PATH, SESSION, key="k-2").status_code == 201
    assert_ledger_agrees()


def test_a_refusal_is_not_kept(cast: Cast, practitioner: Api) -> None:
    much = SESSION | {"amounts": {BIOTIN: "12"}}
    assert practitioner.post(PATH, much, key="k-1").status_code == 409
    stock(cast.world, BIOTIN, "10", lot="A2")
    assert practitioner.post(PATH, much, key="k-1").status_code == 201
    assert_ledger_agrees()


@pytest.mark.parametrize("key", ["", " ", "x" * 191])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_keys_that_are_not_taken(practitioner: Api, key: str) -> None:
    before = rows()
    answer = practitioner.post(PATH, SESSION, key=key)
    assert (answer.status_code, fields_at_fault(answer)) == (422, ["Idempotency-Key"])
    assert rows() == before


def at_once(api: Api, calls: Sequence[tuple[str, Any, str | None]]) -> list[Any]:
    """Make the calls at once; return (status, document) of each."""

    def one(call: tuple[str, Any, str | None]) -> tuple[int, Any]:
        path, body, key = call
        answer = api.post(path, body, key=key)
        return answer.status_code, answer.get_json()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


@pytest.mark.race
def test_sixteen_twins_are_one_session(practitioner: Api) -> None:
    before = rows()
    answers = at_once(practitioner, [(PATH, SESSION, "twin")] * TWINS)
    assert {status for status, _ in answers} == {201}
    assert len({document["entry"] for _, document in answers}) == 1
    after = rows()
    assert after["entry"] == before["entry"] + 1
    assert after["treatment_session"] == before["treatment_session"] + 1
    assert_ledger_agrees()


@pytest.mark.race
def test_the_last_of_the_stock_is_given_once(practitioner: Api) -> None:
    answers = at_once(practitioner, [(PATH, SESSION, f"k-{n}") for n in range(TWINS)])
    statuses = sorted(status for status, _ in answers)
    assert statuses == [201] * 5 + [409] * 11
    assert all(document["shortages"] for status, document in answers if status == 409)
    assert_ledger_agrees()


@pytest.mark.race
def test_goods_of_a_new_item_come_in_from_all_sides(cast: Cast, practitioner: Api) -> None:
    """Nobody knew the item or its lot: each of the sixteen would make them."""
    line = {"sku": NEEDLE, "lot": "N-1", "expiry": None, "packs": 1}
    calls = [("/clinics/riga/receipts", {"lines": [line]}, f"k-{n}") for n in range(TWINS)]
    answers = at_once(cast.api("manager"), calls)
    assert [status for status, _ in answers] == [201] * TWINS
    [item] = practitioner.get(f"/clinics/riga/stock?sku={NEEDLE}").get_json()["items"]
    assert item["on_hand"] == "1600.000"
    assert_ledger_agrees()
