"""Delivery over real SMTP: once, with back-off, without one mail holding up another."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
import trustme
from flask import Flask

from supply.actor import Actor
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.delivery import Counts, DeliveryError, deliver
from supply.outbox.models import Mail
from supply.outbox.services import (
    Attachment,
    NotWaiting,
    readdress,
    send_again,
    send_all_again,
)
from supply.outbox.smtp import SmtpGateway, configured_gateway
from supply.outbox.terms import MailKind
from tests.factories import NOW
from tests.outbox.conftest import Queue
from tests.support.ports import LOOPBACK, free_port
from tests.support.smtp import SmtpServer

SENDER = "Supply of Rīga <supply@clinic.example>"
MINUTE = dt.timedelta(minutes=1)


def mail_of(mail_id: int) -> Mail:
    """Return the mail as the database has it now."""
    db.session.rollback()
    return db.session.get_one(Mail, mail_id)


def test_a_mail_arrives_as_it_was_queued(queue: Queue, smtp_server: SmtpServer) -> None:
    files = [
        Attachment("order.csv", "text/csv", b"sku,packs\r\n"),
        Attachment("pasūtījums.pdf", "application/pdf", b"%PDF-1.7"),
    ]
    mail_id = queue("biotīns", to_name='Anna "the boss", Bērziņa', attachments=files)
    assert deliver(NOW, SmtpGateway(smtp_server.url, SENDER)) == Counts(1, 0, 0)
    [received] = smtp_server.mails
    message = received.message
    assert (received.sender, received.recipients) == (
        "supply@clinic.example",
        ("anna@example.org",),
    )
    assert str(message["From"]) == SENDER
    [recipient] = message["To"].addresses
    assert (recipient.display_name, recipient.addr_spec) == (
        'Anna "the boss", Bērziņa',
        "anna@example.org",
    )
    assert message["Subject"] == "News of biotīns"
    assert message["Message-ID"] == mail_of(mail_id).message_id
    assert message["Date"].datetime == NOW.replace(microsecond=0)
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines()[0] == "News of biotīns."
    assert html.get_content().strip() == "<p>News of biotīns</p>"
    attached = [
        (part.get_filename(), part.get_content_type()) for part in message.iter_attachments()
    ]
    assert attached == [("order.csv", "text/csv"), ("pasūtījums.pdf", "application/pdf")]
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == [
        b"sku,packs\r\n",
        b"%PDF-1.7",
    ]


@pytest.mark.parametrize(
    ("reply_to", "header"),
    [
        (("Dr. Zoë, Riga", "zoe@clinic.example"), '"Dr. Zoë, Riga" <zoe@clinic.example>'),
        (("Desk", "desk@bücher.example"), "Desk <desk@xn--bcher-kva.example>"),
        (("Zoë", "zoë@clinic.example"), None),
        (("Nobody", ""), None),
        (None, None),
    ],
)
def test_replies_go_where_the_mail_says(
    queue: Queue,
    smtp_server: SmtpServer,
    reply_to: tuple[str, str] | None,
    header: str | None,
) -> None:
    queue(reply_to=reply_to)
    assert deliver(NOW, SmtpGateway(smtp_server.url, SENDER)) == Counts(1, 0, 0)
    assert smtp_server.mails[0].message["Reply-To"] == header


def test_a_sent_mail_is_sent_once(queue: Queue, smtp_server: SmtpServer) -> None:
    mail_id = queue()
    gateway = SmtpGateway(smtp_server.url, SENDER)
    assert deliver(NOW, gateway) == Counts(1, 0, 0)
    assert deliver(NOW + MINUTE * 60, gateway) == Counts(0, 0, 0)
    assert len(smtp_server.mails) == 1
    mail = mail_of(mail_id)
    assert mail.sent_at is not None
    assert (mail.sent_at - NOW) < MINUTE
    assert (mail.leased_until, mail.last_error, mail.attempts) == (None, None, 1)


def test_without_a_server_mails_wait(app: Flask, queue: Queue) -> None:
    queue()
    assert configured_gateway(app.config) is None
    assert deliver(NOW, None) == Counts(0, 0, 1)


def test_starttls_and_sign_in(queue: Queue, secure_smtp_server: SmtpServer) -> None:
    queue()
    assert deliver(NOW, SmtpGateway(secure_smtp_server.url, SENDER)) == Counts(1, 0, 0)
    [received] = secure_smtp_server.mails
    assert received.encrypted


def test_an_authority_of_ones_own_may_be_named(
    queue: Queue,
    secure_smtp_server: SmtpServer,
    certificate_authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    queue()
    distrusted = deliver(NOW, SmtpGateway(secure_smtp_server.url, SENDER))
    assert distrusted == Counts(0, 1, 1)
    authority = tmp_path / "own.pem"
    certificate_authority.cert_pem.write_to_path(str(authority))
    url = f"{secure_smtp_server.url}?ca={authority}"
    assert deliver(NOW + MINUTE * 2, SmtpGateway(url, SENDER)) == Counts(1, 0, 0)


def test_a_wrong_password_holds_the_mails_and_says_why(
    queue: Queue, secure_smtp_server: SmtpServer
) -> None:
    first, second = queue("first"), queue("second")
    url = secure_smtp_server.url.replace("correct-horse", "wrong")
    assert deliver(NOW, SmtpGateway(url, SENDER)) == Counts(0, 1, 2)
    assert (mail_of(first).last_error or "").startswith("535 5.7.8 ")
    assert mail_of(second).attempts == 0


def test_a_refused_mail_backs_off_and_does_not_hold_up_others(
    queue: Queue, smtp_server: SmtpServer
) -> None:
    refused, taken = queue("first"), queue("second")
    smtp_server.answers = ["451 Try again later"]
    gateway = SmtpGateway(smtp_server.url, SENDER)
    assert deliver(NOW, gateway) == Counts(1, 1, 1)
    assert mail_of(taken).sent_at is not None
    mail = mail_of(refused)
    assert mail.last_error == "451 Try again later"
    assert MINUTE <= mail.due_at - NOW < MINUTE * 2
    assert deliver(NOW + dt.timedelta(seconds=30), gateway) == Counts(0, 0, 1)
    smtp_server.answers = ["452 No room"]
    assert deliver(NOW + MINUTE * 2, gateway) == Counts(0, 1, 1)
    assert MINUTE * 7 <= mail_of(refused).due_at - NOW < MINUTE * 8
    assert deliver(NOW + MINUTE * 10, gateway) == Counts(1, 0, 0)
    assert mail_of(refused).attempts == 3
    message_ids = [received.message["Message-ID"] for received in smtp_server.mails]
    assert message_ids == [mail_of(taken).message_id, mail_of(refused).message_id]


def test_a_mail_refused_for_good_is_set_aside_with_the_reason(
    queue: Queue, smtp_server: SmtpServer
) -> None:
    mail_id, other = queue("first"), queue("second")
    smtp_server.answers = ["550 No such person"]
    gateway = SmtpGateway(smtp_server.url, SENDER)
    assert deliver(NOW, gateway) == Counts(1, 1, 0, 1)
    assert mail_of(other).sent_at is not None
    mail = mail_of(mail_id)
    assert (mail.sent_at, mail.last_error) == (None, "550 No such person")
    assert mail.set_aside_at is not None
    assert deliver(NOW + MINUTE * 60 * 24 * 30, gateway) == Counts(0, 0, 0, 1)


def test_what_was_set_aside_is_sent_again_on_demand(queue: Queue, smtp_server: SmtpServer) -> None:
    refused = queue(to_address="anna@old.example")
    message_id = mail_of(refused).message_id
    smtp_server.answers = ["550 No such person"]
    gateway = SmtpGateway(smtp_server.url, SENDER)
    deliver(NOW, gateway)
    later = NOW + MINUTE
    with transaction():
        send_again(mail_of(refused), "anna@new.example", actor=Actor(7), now=later)
    assert deliver(later, gateway) == Counts(1, 0, 0, 0)
    [received] = smtp_server.mails
    assert (received.recipients, received.message["Message-ID"]) == (
        ("anna@new.example",),
        message_id,
    )
    with pytest.raises(NotWaiting), transaction():
        send_again(mail_of(refused), "anna@new.example", actor=Actor(7), now=later)
    row = db.session.scalars(sa.select(AuditRow)).one()
    assert (row.action, row.person_id, row.before, row.after) == (
        "mail.sent_again",
        7,
        {"to": "anna@old.example"},
        {"to": "anna@new.example"},
    )


def test_everything_set_aside_may_be_sent_again_at_once(
    queue: Queue, smtp_server: SmtpServer
) -> None:
    ids = [queue("first"), queue("second")]
    queue("third", to_address="jörg@example.org")
    smtp_server.answers = ["554 Relaying denied"] * 2
    gateway = SmtpGateway(smtp_server.url, SENDER)
    assert deliver(NOW, gateway) == Counts(0, 2, 0, 3)
    with transaction():
        assert send_all_again(NOW + MINUTE) == 2
    assert deliver(NOW + MINUTE, gateway) == Counts(2, 0, 0, 1)
    assert all(mail_of(mail_id).sent_at is not None for mail_id in ids)


def test_what_waits_follows_a_changed_address(queue: Queue, smtp_server: SmtpServer) -> None:
    queue("digest", person_id=1)
    reset = queue("link", person_id=1, kind=MailKind.PASSWORD_RESET)
    other = queue("other", person_id=2)
    with transaction():
        assert readdress(person_id=1, address="anna@new.example", now=NOW) == 1
    deliver(NOW, SmtpGateway(smtp_server.url, SENDER))
    assert [mail.recipients for mail in smtp_server.mails] == [
        ("anna@new.example",),
        ("anna@example.org",),
        ("anna@example.org",),
    ]
    assert mail_of(reset).to_address == mail_of(other).to_address == "anna@example.org"


POISON = {
    "an address that is none": {"to_address": "jörg@example.com"},
    "an address with a line end": {"to_address": "a@b.example\nBcc: eve@example.com"},
    "a name with a line end": {"to_name": "Anna\r\nBcc: eve@example.com"},
    "a subject with a line end": {"subject": "News\r\nBcc: eve@example.com"},
    "a very long subject": {"subject": "🧪" * 290},
    "a Message-ID with a line end": {"message_id": "<x@y>\r\nBcc: eve@example.com"},
}


def assert_stops_no_other(queue: Queue, server: SmtpServer, change: dict[str, str]) -> None:
    """Change one mail past every check; hold that the mail after it goes, and alone."""
    poisoned, sound = queue("first"), queue("second")
    with transaction():
        if db.engine.dialect.name == "sqlite":
            db.session.execute(sa.text("PRAGMA ignore_check_constraints=ON"))
        [(column, value)] = change.items()
        rows = sa.table("mail", sa.column("id"), sa.column(column))
        db.session.execute(sa.update(rows).where(rows.c.id == poisoned).values({column: value}))
    counts = deliver(NOW, SmtpGateway(server.url, SENDER))
    assert counts.sent + counts.failed == 2
    assert mail_of_sound(sound) is not None
    for received in server.mails:
        assert received.recipients == ("anna@example.org",)
        assert received.message["Bcc"] is None


@pytest.mark.parametrize("change", POISON.values(), ids=POISON.keys())
def test_a_poisoned_row_stops_no_other(
    queue: Queue, smtp_server: SmtpServer, change: dict[str, str]
) -> None:
    assert_stops_no_other(queue, smtp_server, change)


# PostgreSQL's CHECK cannot be got round for one row.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_kind_that_is_none_stops_no_other(queue: Queue, smtp_server: SmtpServer) -> None:
    assert_stops_no_other(queue, smtp_server, {"kind": "poison"})


def mail_of_sound(mail_id: int) -> dt.datetime | None:
    """Return when a mail went out, without reading the others' rows."""
    db.session.rollback()
    return db.session.scalar(sa.select(Mail.sent_at).where(Mail.id == mail_id))


class _Odd:
    """A gateway that breaks in a way nobody foresaw, for its first mail."""

    def __init__(self) -> None:
        self.sent: list[int] = []
        self.broke = False

    def send(self, mail: Mail, sent_at: dt.datetime) -> None:
        if not self.broke:
            self.broke = True
            raise ZeroDivisionError("never thought of")
        self.sent.append(mail.id)


def test_any_error_is_written_on_its_mail_and_the_next_goes(queue: Queue) -> None:
    first, second = queue("first"), queue("second")
    odd = _Odd()
    assert deliver(NOW, odd) == Counts(1, 1, 1)
    assert odd.sent == [second]
    mail = mail_of(first)
    assert (mail.last_error, mail.set_aside_at) == ("ZeroDivisionError: never thought of", None)
    assert mail.due_at - NOW >= MINUTE


def test_a_run_told_to_end_begins_no_further_mail(queue: Queue, smtp_server: SmtpServer) -> None:
    queue()
    stop = threading.Event()
    stop.set()
    assert deliver(NOW, SmtpGateway(smtp_server.url, SENDER), stop) == Counts(0, 0, 1)
    assert smtp_server.mails == []


def test_a_server_out_of_reach_ends_the_run(queue: Queue) -> None:
    first, second = queue("first"), queue("second")
    gateway = SmtpGateway(f"smtp://{LOOPBACK}:{free_port()}", SENDER)
    assert deliver(NOW, gateway) == Counts(0, 1, 2)
    assert mail_of(first).last_error == "ConnectionRefusedError: [Errno 111] Connection refused"
    assert (mail_of(second).attempts, mail_of(second).last_error) == (0, None)


class _Stuck:
    """A gateway that holds its mail until told, then fails or takes it."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def send(self, mail: Mail, sent_at: dt.datetime) -> None:
        self.begun.set()
        assert self.go_on.wait(20)
        self.sent.append(mail.message_id)


def test_two_deliveries_at_once_send_each_mail_once(
    app: Flask, queue: Queue, smtp_server: SmtpServer
) -> None:
    ids = {mail_of(queue(f"topic {number}")).message_id for number in range(8)}
    db.session.rollback()
    ready = threading.Barrier(2)

    def run(_number: int) -> Counts:
        with app.app_context():
            ready.wait()
            return deliver(NOW, SmtpGateway(smtp_server.url, SENDER))

    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(run, range(2)))
    assert sum(count.sent for count in counts) == 8
    received = [mail.message["Message-ID"] for mail in smtp_server.mails]
    assert sorted(received) == sorted(ids)


def test_a_claimed_mail_is_left_alone_until_its_lease_is_over(
    app: Flask, queue: Queue, smtp_server: SmtpServer
) -> None:
    message_id = mail_of(queue()).message_id
    db.session.rollback()
    stuck = _Stuck()

    def run() -> Counts:
        with app.app_context():
            return deliver(NOW, stuck)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        assert stuck.begun.wait(20)
        gateway = SmtpGateway(smtp_server.url, SENDER)
        assert deliver(NOW + MINUTE * 5, gateway) == Counts(0, 0, 1)
        assert deliver(NOW + MINUTE * 11, gateway) == Counts(1, 0, 0)
        stuck.go_on.set()
        assert running.result() == Counts(1, 0, 0)
    assert [mail.message["Message-ID"] for mail in smtp_server.mails] == stuck.sent == [message_id]


def test_a_delivery_error_says_what_it_means() -> None:
    error = DeliveryError("451 later", permanent=False)
    assert (str(error), error.permanent, error.server) == ("451 later", False, False)
