"""The harness itself: both engines are real, databases are apart, requests and mail travel."""

import smtplib
import socket
import ssl
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from flask import Flask, g
from sqlalchemy import text

from supply.extensions import db
from tests.support.client import SeparateRequestsClient
from tests.support.commands import SupplyCommand
from tests.support.network import OutsideConnectionError
from tests.support.queries import recorded_statements
from tests.support.smtp import PASSWORD, USERNAME, SmtpServer

VERSION = {"sqlite": "SELECT sqlite_version()", "postgresql": "SELECT version()"}
BEGINS = {"sqlite": "3.", "postgresql": "PostgreSQL 1"}


def test_each_engine_answers(app: Flask) -> None:
    engine = db.engine.dialect.name
    assert db.session.execute(text(VERSION[engine])).scalar_one().startswith(BEGINS[engine])


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_commit_is_real_and_stays_in_its_test(app: Flask, attempt: int) -> None:
    db.session.execute(text("INSERT INTO installation (key, value) VALUES ('left', 'behind')"))
    db.session.commit()
    with app.app_context():
        kept = db.session.execute(text("SELECT key, value FROM installation")).all()
        assert kept == [("left", "behind")]


def test_the_database_is_migrated(app: Flask) -> None:
    revision = db.session.execute(text("SELECT version_num FROM alembic_version"))
    assert len(revision.scalars().all()) == 1


def test_statements_are_counted(app: Flask) -> None:
    with recorded_statements(db.engine) as statements:
        db.session.execute(text("SELECT 1"))
        db.session.rollback()
    assert statements == ["SELECT 1"]


def test_the_command_runs_in_a_process_of_its_own(supply_command: SupplyCommand) -> None:
    refused = supply_command.run("no-such-command")
    assert (refused.returncode, refused.stdout) == (2, "")


def test_requests_of_a_test_share_nothing() -> None:
    visited = Flask("visited")
    visited.test_client_class = SeparateRequestsClient

    @visited.get("/")
    def count_visits() -> str:
        g.visits = g.get("visits", 0) + 1
        return str(g.visits)

    with visited.app_context():
        client = visited.test_client()
        assert [client.get("/").text, client.get("/").text] == ["1", "1"]


def test_outside_connections_are_refused() -> None:
    with socket.socket() as outside, pytest.raises(OutsideConnectionError):
        outside.connect(("192.0.2.1", 80))


def _mail() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "supply@clinic.example"
    message["To"] = "manager@clinic.example"
    message["Subject"] = "To order: hyaluronic acid – 5 ml"
    message.set_content("Two packs.")
    return message


def test_mail_arrives(smtp_server: SmtpServer) -> None:
    address = urlsplit(smtp_server.url)
    with smtplib.SMTP(address.hostname or "", address.port or 0) as smtp:
        smtp.send_message(_mail())
    [mail] = smtp_server.mails
    assert (mail.sender, mail.recipients) == ("supply@clinic.example", ("manager@clinic.example",))
    assert mail.message["Subject"] == "To order: hyaluronic acid – 5 ml"
    assert mail.encrypted is False


def test_mail_can_be_refused(smtp_server: SmtpServer) -> None:
    smtp_server.answers.append("451 Try again later")
    address = urlsplit(smtp_server.url)
    with (
        smtplib.SMTP(address.hostname or "", address.port or 0) as smtp,
        pytest.raises(smtplib.SMTPDataError, match="Try again later"),
    ):
        smtp.send_message(_mail())
    assert smtp_server.mails == []


def test_mail_arrives_after_starttls_and_sign_in(secure_smtp_server: SmtpServer) -> None:
    address = urlsplit(secure_smtp_server.url)
    with smtplib.SMTP(address.hostname or "", address.port or 0) as smtp:
        smtp.starttls(context=ssl.create_default_context())
        smtp.login(USERNAME, PASSWORD)
        smtp.send_message(_mail())
    [mail] = secure_smtp_server.mails
    assert mail.encrypted is True
