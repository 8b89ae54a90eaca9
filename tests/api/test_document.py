"""The OpenAPI document, pages of lists, limits, and how much is asked of the database."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from openapi_spec_validator import validate

from supply.accounts.tokens import issue_token
from supply.actor import SYSTEM
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.api.base.blueprints import LIMIT
from supply.api.base.fields import Input, Several
from supply.db import db, transaction
from supply.extensions import limiter
from supply.items.models import ClinicItem, Item
from supply.quantity import Unit
from tests.api.calls import Api, Cast
from tests.conftest import AppFactory
from tests.factories import AMPOULE, BIOTIN, COLD, NOW, World, item, make_world, stock
from tests.support.queries import recorded_statements

C = "/api/v1/clinics/{clinic_code}"
ORDER = "/api/v1/orders/{order_id}"
DOCUMENTED = {
    ("get", "/api/v1/clinics"),
    ("get", f"{C}/catalogue"),
    ("get", f"{C}/stock"),
    ("post", f"{C}/receipts"),
    ("post", f"{C}/sessions"),
    ("get", f"{C}/sessions"),
    ("post", f"{C}/bookings"),
    ("get", f"{C}/readiness"),
    ("post", "/api/v1/sessions/{session_id}/move"),
    ("post", "/api/v1/sessions/{session_id}/cancel"),
    ("post", "/api/v1/sessions/{session_id}/no-show"),
    ("post", f"{C}/locations/{{name}}/readings"),
    ("post", "/api/v1/recalls"),
    ("get", "/api/v1/recalls"),
    ("get", "/api/v1/recalls/{recall_id}"),
    ("post", "/api/v1/recalls/{recall_id}/acknowledge"),
    ("post", "/api/v1/recalls/{recall_id}/account"),
    ("post", f"{C}/waste"),
    ("post", f"{C}/counts"),
    ("get", "/api/v1/counts/{count_id}"),
    *(("post", f"/api/v1/counts/{{count_id}}/{step}") for step in ("entries", "post", "cancel")),
    ("get", f"{C}/losses"),
    ("post", f"{C}/courses"),
    ("post", f"{C}/transfers"),
    ("get", "/api/v1/transfers/{transfer_id}"),
    *(
        ("post", f"/api/v1/transfers/{{transfer_id}}/{step}")
        for step in ("receive", "write-off", "take-back")
    ),
    ("post", f"{C}/orders"),
    ("post", f"{C}/shipments/{{shipment_code}}/receive"),
    ("put", f"{C}/policies/{{sku}}"),
    ("get", f"{C}/alerts"),
    ("get", f"{C}/projection"),
    ("get", f"{C}/proposals"),
    ("post", "/api/v1/entries/{entry_id}/reversal"),
    ("post", "/api/v1/sessions/{session_id}/events"),
    ("post", f"{C}/holds"),
    ("post", "/api/v1/holds/{hold_id}/release"),
    ("post", "/api/v1/scan"),
    ("get", "/api/v1/trace"),
    ("get", "/api/v1/audit"),
    ("get", ORDER),
    ("get", f"{ORDER}/invoices"),
    ("get", "/api/v1/invoices/{number}.pdf"),
    ("get", "/api/v1/invoices/{number}.xml"),
    ("post", f"{ORDER}/place"),
    ("post", f"{ORDER}/cancel"),
    ("post", f"{ORDER}/acknowledge"),
    ("post", f"{ORDER}/substitutes"),
    ("post", f"{ORDER}/approve"),
    ("get", f"{ORDER}/changes"),
    ("post", f"{ORDER}/changes"),
    ("post", f"{ORDER}/changes/{{change_id}}/accept"),
    ("post", f"{ORDER}/changes/{{change_id}}/refuse"),
    ("post", f"{ORDER}/changes/{{change_id}}/withdraw"),
    ("get", f"{C}/orders"),
    ("get", f"{C}/templates"),
    ("post", f"{C}/templates/{{template_id}}/fill"),
    ("get", "/api/v1/practices/{practice_code}/accounts/{supplier_code}/items"),
    ("post", "/api/v1/supplier/orders"),
    ("post", f"{ORDER}/shipments"),
    ("post", f"{ORDER}/claims"),
    ("post", "/api/v1/claims/{claim_id}/settle"),
    ("post", "/api/v1/claims/{claim_id}/withdraw"),
    ("post", "/api/v1/claims/{claim_id}/goods"),
    ("post", f"{ORDER}/returns"),
    *(
        ("post", f"/api/v1/returns/{{return_id}}/{step}")
        for step in ("authorise", "refuse", "withdraw", "send", "settle", "back")
    ),
    ("get", "/api/v1/supplier/orders"),
    ("get", "/api/v1/supplier/stock"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_document_is_valid_and_whole(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    document = answer.get_json()
    validate(document)
    paths = document["paths"]
    found = {
        (method, path)
        for path, operations in paths.items()
        for method in operations
        if method != "parameters"
    }
    assert found == DOCUMENTED
    assert document["security"] == [{"bearer": []}]
    for method, path in found - {("post", "/api/v1/scan")}:
        headers = [
            parameter["name"]
            for parameter in paths[path][method].get("parameters", [])
            if parameter["in"] == "header"
        ]
        assert headers == ([] if method == "get" else ["Idempotency-Key"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_lists_go_on_by_cursor_and_every_call_may_answer_422(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            assert "422" in operation["responses"], path
            if method != "get" or path.endswith((".pdf", ".xml")):
                continue
            content = operation["responses"]["200"]["content"]["application/json"]
            answer = schemas[content["schema"]["$ref"].rpartition("/")[2]]["properties"]
            taken = {one["name"] for one in operation.get("parameters", []) if "name" in one}
            assert ("next" in answer) == ("cursor" in taken), path
            if "next" in answer:
                assert (answer["next"]["type"], answer["next"]["nullable"]) == ("string", True), (
                    path
                )


def test_every_field_that_is_sent_says_in_our_words_why_it_is_refused() -> None:
    schemas = [Input]
    for schema in schemas:
        schemas += schema.__subclasses__()
    assert len(schemas) > 60
    for schema in schemas:
        for name, field in schema._declared_fields.items():
            inner = [field.inner] if isinstance(field, Several) else []
            for one in (field, *inner):
                assert type(one).__module__ == "supply.api.base.fields", (schema, name)


def shelve(world: World, count: int) -> None:
    """Let the clinic stock ``count`` more items."""
    with transaction():
        model = item(world, BIOTIN)
        for number in range(count):
            made = Item(
                practice_id=world.practice.id,
                code=f"X-{number:04d}",
                name=f"Item {number}",
                unit=Unit.EACH,
                content_per_container=1,
                dose=model.dose,
                storage=model.storage,
                created_at=NOW,
            )
            db.session.add(made)
            db.session.flush()
            db.session.add(ClinicItem(clinic_id=world.clinic.id, item_id=made.id))


def test_stock_in_pages(cast: Cast) -> None:
    stock(cast.world, BIOTIN, "20")
    stock(cast.world, COLD, "5", hold_reason="warm")
    stock(cast.world, AMPOULE, "50", lot="OLD", expiry=dt.date(2026, 6, 14))
    shelve(cast.world, 120)
    viewer = cast.api("viewer")
    first = viewer.get("/clinics/riga/stock").get_json()
    second = viewer.get(f"/clinics/riga/stock?cursor={first['next']}").get_json()
    codes = [row["sku"] for row in first["items"] + second["items"]]
    assert (len(first["items"]), second["next"]) == (100, None)
    assert codes == sorted(codes)
    assert len(set(codes)) == 123
    rows = {row["sku"]: row for row in first["items"] + second["items"]}
    assert rows["X-0007"] == {
        "sku": "X-0007",
        "name": "Item 7",
        "unit": "each",
        "on_hand": "0.000",
        "available": "0.000",
        "on_order": "0.000",
        "lots": [],
        "open_containers": [],
    }
    assert rows[BIOTIN]["lots"] == [
        {
            "lot": "A1",
            "expiry": "2027-01-31",
            "status": "ok",
            "location": "Cupboard",
            "on_hand": "20.000",
        }
    ]
    assert (rows[COLD]["lots"][0]["status"], rows[COLD]["available"]) == ("on_hold", "0.000")
    assert (rows[AMPOULE]["lots"][0]["status"], rows[AMPOULE]["on_hand"]) == ("expired", "50.000")
    assert viewer.get("/clinics/riga/stock?sku=NONE").get_json() == {"items": [], "next": None}


def test_alerts_in_pages(cast: Cast) -> None:
    with transaction():
        facts = {"item": "Biotin", "on_order": "0", "content": "1", "unit": "ml", "container": ""}
        facts |= {"remedy": "unpriced", "currency": "EUR"}
        db.session.add_all(
            Alert(
                clinic_id=cast.world.clinic.id,
                kind=AlertKind.OUT_OF_STOCK,
                subject=f"item:{number}",
                facts=facts,
                opened_at=NOW,
            )
            for number in range(150)
        )
    viewer = cast.api("viewer")
    first = viewer.get("/clinics/riga/alerts").get_json()
    second = viewer.get(f"/clinics/riga/alerts?cursor={first['next']}").get_json()
    ids = [alert["id"] for alert in first["alerts"] + second["alerts"]]
    assert (len(first["alerts"]), len(ids), second["next"]) == (100, 150, None)
    assert ids == sorted(ids, reverse=True)
    assert first["alerts"][0]["message"] == (
        "None available, and none on order."
        " No product of it has a price in EUR: add one to order it."
    )
    assert viewer.get("/clinics/riga/alerts?status=resolved").get_json()["alerts"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_that_a_problem_may_say_is_described(app: Flask) -> None:
    schemas = app.test_client().get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    told = {"shortages", "obstacles", "warnings", "received_by", "received_at", "entry", "claims"}
    assert told < schemas["Problem"]["properties"].keys()
    assert schemas["Warning"]["required"] == ["message", "skus", "source", "warning"]


@pytest.mark.parametrize(
    "path", ["/clinics", "/clinics/riga/stock", "/clinics/riga/alerts", "/clinics/riga/proposals"]
)
def test_longer_lists_ask_no_more(cast: Cast, path: str) -> None:
    stock(cast.world, BIOTIN, "20")
    viewer = cast.api("viewer")

    def asked() -> int:
        with recorded_statements(db.engine) as statements:
            assert viewer.get(path).status_code == 200
        return len(statements)

    asked()
    few = asked()
    for lot in range(5):
        stock(cast.world, AMPOULE, "50", lot=f"L-{lot}")
    shelve(cast.world, 20)
    assert asked() == few
    assert few <= 14


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_token_may_call_often_but_not_without_end(make_app: AppFactory) -> None:
    app = make_app(RATELIMIT_ENABLED=True, API_LIMIT="3 per minute", WTF_CSRF_ENABLED=True)
    with app.app_context():
        world = make_world()
        with transaction():
            tokens = [issue_token(world.viewer, actor=SYSTEM, now=NOW) for _ in range(2)]
        db.session.remove()
    api, other = (Api(app, token) for token in tokens)
    limiter.reset()
    assert [api.get("/clinics").status_code for _ in range(4)] == [200, 200, 200, 429]
    # A token is no cookie: a form's secret is not asked for.
    assert api.post("/scan", {"text": "x"}).status_code == 200
    stopped = api.get("/clinics")
    assert stopped.headers["Retry-After"] == "60"
    assert stopped.mimetype == "application/problem+json"
    assert other.get("/clinics").status_code == 200
    limiter.reset()


def test_the_limit_leaves_room() -> None:
    assert int(LIMIT.removesuffix(" per minute")) >= 1_200


def place_order(cast: Cast) -> int:
    """Place an order of two products over the API; return its id."""
    manager = cast.api("manager")
    lines = [{"sku": BIOTIN, "packs": 1}, {"sku": COLD, "packs": 2}]
    drafted = manager.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines})
    order_id = int(drafted.get_json()["order"])
    assert manager.post(f"/orders/{order_id}/place", {}).status_code == 200
    return order_id


def test_a_suppliers_orders_by_status(cast: Cast) -> None:
    first, second = place_order(cast), place_order(cast)
    fulfiller = cast.api("fulfiller")
    fulfiller.get("/supplier/orders?status=placed")  # the token's first use is written down

    def listed(status: str) -> list[int]:
        with recorded_statements(db.engine) as statements:
            answer = fulfiller.get(f"/supplier/orders?status={status}").get_json()
        assert len(statements) <= 5
        return [order["order"] for order in answer["orders"]]

    assert listed("placed") == [second, first]
    fulfiller.post(f"/orders/{first}/acknowledge", {})
    assert (listed("placed"), listed("acknowledged")) == ([second], [first])
    parcel = {"sku": BIOTIN, "lot": "S-1", "expiry": "2027-06-30", "packs": 1}
    fulfiller.post(f"/orders/{first}/shipments", {"lines": [parcel]})
    assert (listed("acknowledged"), listed("partly_shipped")) == ([], [first])
    cast.api("manager").post(f"/orders/{first}/cancel", {"reason": "enough"})
    assert (listed("partly_shipped"), listed("shipped")) == ([], [first])
    fulfiller.post(f"/orders/{second}/cancel", {"reason": "sold out"})
    assert (listed("placed"), listed("cancelled")) == ([], [second])


def test_a_clinics_orders_by_status(cast: Cast) -> None:
    placed = place_order(cast)
    manager = cast.api("manager")
    lines = [{"sku": BIOTIN, "packs": 1}]
    drafted = manager.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines})
    draft = drafted.get_json()["order"]

    def listed(query: str) -> list[int]:
        answer = manager.get(f"/clinics/riga/orders{query}").get_json()
        assert answer["next"] is None
        return [order["order"] for order in answer["orders"]]

    assert listed("") == [draft, placed]
    assert (listed("?status=draft"), listed("?status=placed")) == ([draft], [placed])
    with recorded_statements(db.engine) as statements:
        assert listed("?status=placed") == [placed]
    assert len(statements) <= 5
    assert cast.api("viewer").get("/clinics/riga/orders").status_code == 200
    assert cast.api("outsider").get("/clinics/riga/orders").status_code == 404
    assert cast.api("fulfiller").get("/clinics/riga/orders").status_code == 404
    refused = manager.get("/clinics/riga/orders?status=lost")
    assert refused.status_code == 422
