"""Which mails people get: chosen on a page, stopped from a mail (RFC 8058), and kept to."""

import datetime as dt
import re
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import lazy_gettext

from supply import clock
from supply.alerts import choices
from supply.alerts.choice_links import unsubscribe_url
from supply.alerts.digest import queue_digests
from supply.alerts.kinds import Kind, register
from supply.alerts.models import DigestMark, MailRefusal
from supply.alerts.terms import AlertKind
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.keys import without_keys
from supply.outbox.message import compose
from supply.outbox.models import Mail
from tests.conftest import AppFactory
from tests.factories import BIOTIN, COLD, NOW, TODAY, World, stock
from tests.replenishment.conftest import Reorder, swept
from tests.replenishment.test_pages import as_person

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def at_noon(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand the clock, and give links an address of their own."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app.config["PUBLIC_URL"] = "https://supply.example"


def queued(now: dt.datetime = NOW) -> list[Mail]:
    """Sweep, queue digests, and return those queued now."""
    before = db.session.scalars(sa.select(sa.func.max(Mail.id))).one() or 0
    swept(now)
    with transaction():
        queue_digests(now)
    return list(db.session.scalars(sa.select(Mail).where(Mail.id > before).order_by(Mail.id)))


def refused() -> list[tuple[int, str]]:
    db.session.rollback()
    return [(row.person_id, row.topic) for row in db.session.scalars(sa.select(MailRefusal))]


def test_one_click_stops_a_mail_without_signing_in(
    app: Flask, make_app: AppFactory, world: World, reorder: Reorder
) -> None:
    reorder(BIOTIN, "5", "25")
    mail = queued()[0]
    wire = compose(mail, ("Supply", "supply@example.org"), NOW).as_bytes()
    [header] = re.findall(rb"(?m)^List-Unsubscribe: (<\S+>)\r$", wire)
    read = message_from_bytes(wire, policy=policy.default)
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url = header.decode().strip("<>")
    assert url.startswith("https://supply.example/unsubscribe/")
    assert url in mail.text
    assert url in mail.html
    assert "unsubscribe/…" in without_keys(mail.text)
    path = url.removeprefix("https://supply.example")
    stranger: FlaskClient = make_app(WTF_CSRF_ENABLED=True).test_client()
    page = stranger.get(path)
    assert "Stop these mails" in page.text
    assert refused() == []
    for _twice in range(2):
        answer = stranger.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert refused() == [(world.owner.id, "digest")]
    assert (
        db.session.scalar(sa.select(sa.func.count()).where(AuditRow.action == "mails.chosen")) == 1
    )
    assert "no longer" in stranger.get(path).text
    mails = queued(NOW + DAY * 3)
    assert mails == []
    stranger.post(path, data={"do": "again"})
    assert refused() == []


def test_a_link_of_another_purpose_or_cut_opens_nothing(app: Flask, world: World) -> None:
    client = app.test_client()
    for token in ("x", choices_token("recall", world), choices_token("nonsense", world)):
        assert client.get(f"/unsubscribe/{token}").status_code == 404
        assert client.post(f"/unsubscribe/{token}").status_code == 400
    assert refused() == []


def choices_token(topic: str, world: World) -> str:
    return unsubscribe_url(world.owner.id, topic).rsplit("/", 1)[1]


def test_what_is_refused_is_not_named_and_nothing_left_is_no_mail(
    app: Flask, world: World, reorder: Reorder
) -> None:
    with transaction():
        choices.choose(world.owner.id, {"expiring"}, actor=world.actor(), now=NOW)
    stock(world, COLD, "10", lot="P1", expiry=TODAY + DAY * 12)
    assert [mail.to_address for mail in queued()] == ["manager@example.org"]
    marks = sa.select(DigestMark.person_id).where(
        DigestMark.mail_id.is_(None), DigestMark.clinic_id == world.clinic.id
    )
    assert list(db.session.scalars(marks)) == [world.owner.id]
    reorder(BIOTIN, "5", "25")
    to_owner = queued(NOW + DAY)[0]
    assert to_owner.subject == "Order 1 item at Riga Centre: Biotin 5 mg/ml"
    assert "P1" not in to_owner.text + to_owner.html


def test_one_chooses_on_ones_account(app: Flask, world: World) -> None:
    client = as_person(app, world.owner)
    assert "Choose your mails" in client.get("/account").text
    page = client.get("/account/mails").text
    assert page.count(" checked") == len(choices.topics())
    wanted = [topic.word for topic in choices.topics() if topic.word not in ("digest", "expired")]
    answer = client.post("/account/mails", data={"wanted": [*wanted, "nonsense"]})
    assert (answer.status_code, answer.location) == (302, "/account/mails")
    assert sorted(refused()) == [(world.owner.id, "digest"), (world.owner.id, "expired")]
    assert client.get("/account/mails").text.count(" checked") == len(choices.topics()) - 2
    client.post("/account/mails", data={"wanted": [topic.word for topic in choices.topics()]})
    assert refused() == []


def test_a_recall_is_no_choice(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("supply.alerts.kinds._KINDS", {})
    recall = Kind(
        word=AlertKind.RECALL,
        rank=1,
        label=lazy_gettext("Recall"),
        sentence=lambda _facts, _today: "",
        counted=str,
        link=lambda _alert, _code: None,
        at_once=True,
    )
    register(recall)
    with app.test_request_context():
        assert [topic.word for topic in choices.topics()] == ["digest", "summary"]
