"""What the API does not take: every fault is named, and nothing changes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from supply.db import db, transaction
from supply.items.models import Item
from tests.api.bodies import goods, refused, session, thrown
from tests.api.calls import Api, Cast, fields_at_fault, rows
from tests.factories import (
    BIOTIN,
    NEEDLE,
    NOW,
    item,
)

NONSENSE: tuple[Any, ...] = (
    "-1",
    "0",
    "0.000",
    "NaN",
    "Infinity",
    "1e3",
    "1e12",
    "1000000000000",
    "2.5001",
    "1.0000000000000000000000000000001",
    "",
    " ",
    "two",
    "1,5",
    "٣",
    "0x10",
    2.5,
    1e12,
    0,
    -1,
    10**30,
    True,
    [],
    {},
    None,
)


def test_nonsense_quantities(owner: Api) -> None:
    receipts = [goods(quantity=value) for value in (*NONSENSE, "10.5")]
    refused(owner, "/clinics/riga/receipts", receipts, "lines.0.quantity")
    wasted = [thrown(quantity=value) for value in (*NONSENSE, "0.5")]
    refused(owner, "/clinics/riga/waste", wasted, "quantity")
    # Null leaves a line out of a session: it is the one that means something.
    amounts = [session(amounts={BIOTIN: value}) for value in NONSENSE if value is not None]
    refused(owner, "/clinics/riga/sessions", amounts, f"amounts.{BIOTIN}")
    each = [session(amounts={NEEDLE: "1.5"})]
    refused(owner, "/clinics/riga/sessions", each, f"amounts.{NEEDLE}")
    pieces = [thrown(sku=NEEDLE, lot="N1", quantity="0.5")]
    refused(owner, "/clinics/riga/waste", pieces, "quantity")


def test_nonsense_packs(owner: Api) -> None:
    packs: list[Any] = [0, -1, 1.5, 2.0, "2", True, 10_001, 10**30]
    receipts = [goods(packs=value, quantity=...) for value in packs]
    refused(owner, "/clinics/riga/receipts", receipts, "lines.0.packs")
    orders = [
        {"supplier": "baltic", "lines": [{"sku": BIOTIN, "packs": value}]}
        for value in [*packs, None]
    ]
    refused(owner, "/clinics/riga/orders", orders, "lines.0.packs")


def test_nonsense_flags_and_lists(owner: Api) -> None:
    path = "/clinics/riga/counts"
    flags: list[Any] = [1, 0, "no", "true", None]
    refused(owner, path, [{"blind": value} for value in flags], "blind")
    lists: list[Any] = [[], BIOTIN, None]
    refused(owner, path, [{"skus": value} for value in lists], "skus")
    refused(owner, path, [{"skus": [BIOTIN, 5]}], "skus.1")
    answer = owner.post(path, {"blind": "no", "skus": []}).get_json()
    assert {error["field"]: error["message"] for error in answer["errors"]} == {
        "blind": "Send true or false.",
        "skus": "Send at least one, or leave this out.",
    }


def test_every_fault_is_named_at_once(owner: Api) -> None:
    answer = owner.post(
        "/clinics/riga/receipts",
        {"lines": [{"lot": "", "expiry": "soon", "packs": "two"}], "by": "me"},
    )
    assert sorted(fields_at_fault(answer)) == [
        "by",
        "lines.0.expiry",
        "lines.0.lot",
        "lines.0.packs",
        "lines.0.sku",
    ]


def test_what_is_no_json_object(owner: Api) -> None:
    before = rows()
    path = "/clinics/riga/waste"
    for data in (
        b"{",
        b"[]",
        b"7",
        b"null",
        b'"text"',
        b'{"sku": NaN}',
        b'{"sku": "a", "sku": "b"}',
        b"\xff\xfe\xfa",
        b"[" * 100_000,
        b'{"quantity": ' + b"9" * 5_000 + b"}",
    ):
        answer = owner.call("POST", path, data=data, content_type="application/json")
        assert (data[:20], answer.status_code) == (data[:20], 422)
        assert answer.mimetype == "application/problem+json"
    form = owner.call("POST", path, data={"sku": BIOTIN})
    assert form.status_code == 415
    assert owner.call("DELETE", path).status_code == 405
    assert owner.call("DELETE", path).mimetype == "application/problem+json"
    assert owner.get("/nowhere").status_code == 404
    assert owner.get("/orders/99999999999999999999").status_code == 404
    assert owner.get("/clinics/%00/stock").status_code == 404
    assert rows() == before


def test_queries_that_are_not_taken(owner: Api) -> None:
    for query, field in (
        ("stock?cursor=%00", "cursor"),
        ("alerts?cursor=x", "cursor"),
        ("alerts?cursor=99999999999999999999", "cursor"),
        ("alerts?status=shut", "status"),
    ):
        answer = owner.get(f"/clinics/riga/{query}")
        assert (query, answer.status_code, fields_at_fault(answer)) == (query, 422, [field])
    assert fields_at_fault(owner.get("/trace?sku=X")) == ["lot"]
    assert fields_at_fault(owner.get("/trace?lot=X")) == ["sku"]


def test_scans(cast: Cast, owner: Api) -> None:
    read = owner.post("/scan", {"text": "0109506000134352172701311000X\u001d21S1"})
    assert read.status_code == 200
    answer = read.get_json()
    assert set(answer) == {"gtin", "sku", "lot", "expiry", "serial", "count", "problems"}
    assert (answer["gtin"], answer["lot"]) == ("09506000134352", "00X")
    assert (answer["expiry"], answer["serial"]) == ("2027-01-31", "S1")
    assert (answer["sku"], answer["count"]) == (None, None)
    poor = owner.post("/scan", {"text": "+A123"}).get_json()
    assert [problem["code"] for problem in poor["problems"]] == ["not_gs1"]
    assert fields_at_fault(owner.post("/scan", {"text": ""})) == ["text"]
    assert fields_at_fault(owner.post("/scan", {"text": "x" * 1001})) == ["text"]


@pytest.mark.parametrize("code", ["HA/20 5%", "A//B", "a?b#c", "50%25", "..", "Ä/β", "x+y&z=1"])
def test_codes_of_any_letters_in_an_address(cast: Cast, owner: Api, code: str) -> None:
    with transaction():
        model = item(cast.world, NEEDLE)
        made = Item(
            practice_id=cast.world.practice.id,
            code=code,
            name="Odd",
            unit=model.unit,
            content_per_container=1,
            dose=model.dose,
            storage=model.storage,
            created_at=NOW,
        )
        db.session.add(made)
    fixed = {"method": "fixed", "reorder_point": "5", "par_level": "10"}
    answer = owner.put(f"/clinics/riga/policies/{quote(code, safe='')}", fixed)
    assert (answer.status_code, answer.get_json()["sku"]) == (200, code)
    listed = owner.get(f"/clinics/riga/stock?sku={quote(code, safe='')}").get_json()
    assert [row["sku"] for row in listed["items"]] == [code]
