"""Pages of recalls, from the supplier who looks first to the clinic that accounts for the last."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.inventory.models import Balance, Hold
from supply.inventory.terms import HoldSource
from supply.inventory.verification import verify
from supply.outbox.models import Mail
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.queries import PAGE
from supply.recalls.spreading import spread
from supply.recalls.terms import RecallClass
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import AMPOULE, FORMULATION, NOW, World, make_formulation, stock
from tests.support.people import sign_in

TYPED = {
    "products": AMPOULE,
    "lots": "tx-1\nTX-7",
    "recall_class": "I",
    "reason": "Not sterile",
    "action": "Return it",
    "reply_wanted": "y",
    "form_key": "k",
}


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def given(world: World) -> World:
    """Twenty ml of a lot in Riga, of which a patient had two."""
    stock(world, AMPOULE, "20", lot="TX-1")
    make_formulation(world, [(AMPOULE, "2")])
    with transaction():
        record_session(
            world.clinic,
            SessionRequest(FORMULATION, "P-1", occurred_at=NOW - dt.timedelta(hours=1)),
            actor=world.actor(world.practitioner),
            now=NOW,
        )
    return world


def declared(world: World) -> int:
    """Return a recall that has been declared, and has reached the practice."""
    notice = Notice(
        products=[Named(sku=AMPOULE)],
        lots=["TX-1"],
        recall_class=RecallClass.MODERATE,
        reason="Particles",
        action="Return it",
    )
    with transaction():
        actor = world.actor(world.supplier_admin)
        recall_id = declare(world.supplier, notice, actor=actor, now=NOW)[0].id
    spread(recall_id, NOW)
    return recall_id


def test_a_supplier_looks_then_declares_what_was_looked_at(
    given: World, client: FlaskClient
) -> None:
    sign_in(client, "fulfiller@example.net")
    new = "/s/baltic/recalls/new"
    assert (client.get("/s/baltic/recalls").status_code, client.get(new).status_code) == (200, 403)
    sign_in(client, "admin@example.net")
    bad = client.post(new, data=TYPED | {"products": "NO-1", "deadline": "2026-06-14"})
    assert (bad.status_code, "You have no product NO-1." in bad.text) == (400, True)
    assert ("This day has gone by." in bad.text, "Not sterile</textarea>" in bad.text) == (
        True, True,
    )  # fmt: skip
    looked = client.post(new, data=TYPED)
    assert (looked.status_code, "1 practice is reached." in looked.text) == (200, True)
    assert "3 ampoules on hand or on the way, in all" in looked.text
    assert db.session.scalar(sa.select(sa.func.count(Recall.id))) == 0
    (mark,) = re.findall(r'name="looked" value="(\w+)"', looked.text)
    other = client.post(new, data=TYPED | {"looked": mark, "lots": "TX-9"})
    assert "Nobody is known to have it." in other.text, "what was changed is looked at again"
    done = client.post(new, data=TYPED | {"looked": mark})
    again = client.post(new, data=TYPED | {"looked": mark})
    recall = db.session.scalars(sa.select(Recall)).one()
    assert done.location == again.location == f"/s/baltic/recalls/{recall.id}"
    page = client.get(done.location).text
    assert "received 4 ampoules · used 2 ml · wasted or missing 3 ml" in page
    assert ("P-1" in page, "0 of 1 practices answered" in page) == (False, True)
    held = db.session.scalars(sa.select(Hold)).one()
    assert (held.source, held.source_id, held.clinic_id) == (HoldSource.RECALL, recall.id, None)
    soon = client.post(f"{done.location}/remind", data={"form_key": "r"}, follow_redirects=True)
    assert "They were told within the hour." in soon.text


def test_boxes_scanned_name_products_and_lots(given: World, client: FlaskClient) -> None:
    gtin = "09506000134352"
    product = sa.select(Product.id).where(Product.sku == TYPED["products"]).scalar_subquery()
    row = {"product_id": product, "gtin": gtin, "level": "pack", "containers": 10}
    with transaction():
        db.session.execute(sa.insert(ProductGtin).values(row))
    sign_in(client, "admin@example.net")
    new, lot = "/s/baltic/recalls/new", "TX-1"
    box = f"01{gtin}1728053110{lot}"
    for typed in ({"products": box, "lots": ""}, {"lots": f"{box}\x1d21S7"}):
        looked = client.post(new, data=TYPED | typed)
        assert (looked.status_code, "1 practice is reached." in looked.text) == (200, True), typed
        assert re.search(rf">\s*{lot}</textarea>", looked.text), "what was read is shown"
    for code, said in (
        (f"01{gtin}10{lot}17280531", "check lot and expiry on the box"),
        (f"01{gtin[:-1]}310{lot}", "The check digit should be 2"),
        (f"(01){gtin}(17)280531", "This code names the product, but no lot."),
    ):
        refused = client.post(new, data=TYPED | {"lots": code})
        assert (refused.status_code, said in refused.text) == (400, True), code


def test_a_clinic_answers_accounts_and_undoes(given: World, client: FlaskClient) -> None:
    at = f"/c/riga/recalls/{declared(given)}"
    sign_in(client, "manager@example.org")
    today = client.get("/c/riga/today").text
    assert f'href="{at}"' in today
    assert "Class II, lot TX-1. It is on hold: do not use it, and answer." in today
    assert "P-1" in client.get(at).text
    session = client.get("/c/riga/sessions/1").text
    for way in (f"sku={AMPOULE}&amp;lot=TX-1", "patient=P-1"):
        assert f'href="/c/riga/trace?{way}"' in session, "from the session to the trace in a step"
    none = {"answer": "none_here", "note": "Looked twice", "form_key": "a"}
    refused = client.post(f"{at}/answer", data=none)
    assert (refused.status_code, "Looked twice</textarea>" in refused.text) == (400, True)
    assert "Some of it is recorded here." in refused.text
    client.post(f"{at}/answer", data=none | {"answer": "found"})
    (place,) = db.session.scalars(sa.select(Balance.id).where(Balance.quantity > 0))
    row = {f"outcome-{place}": "returned", f"amount-{place}": "9"}
    short = client.post(f"{at}/account", data=row | {"form_key": "b"})
    assert (short.status_code, f'value="9" aria-describedby="amount-{place}-error"' in short.text,
            "45 ml needed, 15 ml available" in short.text) == (400, True, True)  # fmt: skip
    row[f"amount-{place}"] = "3"
    for _twice in range(2):
        done = client.post(f"{at}/account", data=row | {"form_key": "c"})
        assert done.location == at
    page = client.get(at).text
    assert "returned 3 ampoules" in page
    recall = db.session.scalars(sa.select(Recall)).one()
    assert recall.status == "closed"
    (entries,) = set(re.findall(r'name="entries" value="(\d+)"', page))
    client.post(f"{at}/account/undo", data={"entries": entries, "form_key": "d"})
    db.session.refresh(recall)
    assert recall.status == "open"
    files = client.get(f"{at}/recall.csv"), client.get(f"{at}/recall.pdf")
    assert b"riga,P-1,2026-06-15T08:00:00+00:00" in files[0].data
    assert files[1].data.startswith(b"%PDF")
    assert verify() == []


@pytest.mark.parametrize(
    ("role", "sees"),
    [("owner", True), ("manager", True), ("practitioner", True), ("lapsed", True),
     ("viewer", False)],
)  # fmt: skip
def test_the_trace_of_a_lot_and_its_recall_tell_each_role_the_same(
    given: World, client: FlaskClient, role: str, sees: bool
) -> None:
    recall_id = declared(given)
    sign_in(client, f"{role}@example.org")
    recall, trace = f"/c/riga/recalls/{recall_id}", f"/c/riga/trace?sku={AMPOULE}&lot=TX-1"
    for at in (recall, trace, trace.replace("trace?", "trace.csv?")):
        assert ("P-1" in client.get(at).text) is sees, at
    for at in (recall, trace):
        page = client.get(at).text
        assert ("Your role does not include patient references." in page) is not sees, at
    page = client.get(trace).text
    assert "<strong>1 session</strong> got 2 ml; 15 ml are still here." in page
    assert client.get(trace.replace("trace?", "trace.pdf?")).data.startswith(b"%PDF")


def test_a_list_says_how_many_recalls_are_open_on_whatever_page(
    given: World, client: FlaskClient
) -> None:
    recall_id = declared(given)
    one = db.session.get_one(Recall, recall_id)
    kept = {column.key: getattr(one, column.key) for column in sa.inspect(Recall).column_attrs}
    here = db.session.scalars(sa.select(RecallPractice)).one()
    told = {name: getattr(here, name) for name in ("practice_id", "found_at", "reached_at")}
    others = range(recall_id + 1, recall_id + 1 + PAGE)
    with transaction():
        db.session.execute(
            sa.insert(Recall), [kept | {"id": other, "fingerprint": f"{other}"} for other in others]
        )
        db.session.execute(
            sa.insert(RecallPractice),
            [told | {"recall_id": other, "note": "", "reminders": 0} for other in others],
        )
    for email, at in (
        ("manager@example.org", "/c/riga/recalls"), ("admin@example.net", "/s/baltic/recalls"),
    ):  # fmt: skip
        sign_in(client, email)
        for page in (at, f"{at}?before={recall_id + 1}"):
            assert f"<strong>{PAGE + 1} recalls are open.</strong>" in client.get(page).text, page


def test_who_sees_what_of_a_recall(given: World, client: FlaskClient) -> None:
    at = f"/c/riga/recalls/{declared(given)}"
    sign_in(client, "viewer@example.org")
    page = client.get(at)
    assert (page.status_code, "P-1" in page.text, f'action="{at}' in page.text) == (
        200, False, False,
    )  # fmt: skip
    assert client.get(f"{at}/recall.pdf").status_code == 403
    for action in ("answer", "account", "account/undo", "answer/undo"):
        assert client.post(f"{at}/{action}").status_code == 403
    sign_in(client, "outsider@example.com")
    other = at.replace("riga", "elsewhere-1")
    assert [client.get(one).status_code for one in (at, other)] == [404, 404]


def test_a_withdrawn_recall_lets_go_and_says_so(given: World, client: FlaskClient) -> None:
    recall_id = declared(given)
    sign_in(client, "admin@example.net")
    at = f"/s/baltic/recalls/{recall_id}"
    assert client.post(f"{at}/withdraw", data={"reason": ""}).status_code == 400
    client.post(f"{at}/withdraw", data={"reason": "Another lot was meant"})
    assert "Withdrawn" in client.get(at).text
    held = db.session.scalars(sa.select(Hold)).one()
    assert (held.released_at, held.release_reason) == (NOW, "Another lot was meant")
    newest = db.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    assert newest is not None
    assert newest.subject == (
        "Withdrawn: Class II recall: Tranexamic acid 100 mg/ml, ampoule, lot TX-1"
    )
    assert "withdraws this recall" in newest.text
    sign_in(client, "manager@example.org")
    assert f'href="/c/riga/recalls/{recall_id}"' not in client.get("/c/riga/today").text
