"""Delivery over real SMTP: once, with back-off, without one mail holding up another."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from flask import Flask

from supply.db import db
from supply.outbox.models import Mail
from supply.outbox.services import Attachment, Counts, DeliveryError, deliver
from supply.outbox.smtp import MailServer, MailUrlError, SmtpGateway, configured_gateway
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
    assert "535" in (mail_of(first).last_error or "")
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


def test_a_mail_refused_for_good_is_kept_with_the_reason(
    queue: Queue, smtp_server: SmtpServer
) -> None:
    mail_id = queue()
    smtp_server.answers = ["550 No such person"]
    assert deliver(NOW, SmtpGateway(smtp_server.url, SENDER)) == Counts(0, 1, 1)
    mail = mail_of(mail_id)
    assert (mail.sent_at, mail.last_error) == (None, "550 No such person")
    assert mail.due_at - NOW >= dt.timedelta(hours=24)


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


def test_mail_urls_are_read() -> None:
    assert MailServer.from_url("smtp+starttls://cl%40inic:p%3A%2Fss@mail.example") == MailServer(
        "smtp+starttls", "mail.example", 587, "cl@inic", "p:/ss", None
    )
    assert MailServer.from_url("smtps://mail.example:2465?ca=/etc/ca.pem") == MailServer(
        "smtps", "mail.example", 2465, None, None, "/etc/ca.pem"
    )
    assert MailServer.from_url("smtp://mail.example").port == 25


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://a:b:c"])
def test_a_wrong_mail_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(MailUrlError, match="MAIL_URL"):
        SmtpGateway(url, SENDER)


def test_a_wrong_sender_is_refused() -> None:
    with pytest.raises(MailUrlError, match="MAIL_FROM"):
        SmtpGateway("smtp://mail.example", "nobody")


def test_a_delivery_error_says_what_it_means() -> None:
    error = DeliveryError("451 later", permanent=False)
    assert (str(error), error.permanent, error.server) == ("451 later", False, False)
