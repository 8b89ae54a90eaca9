"""Queueing: what is rendered and kept, and that it goes with its transaction."""

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.db import db, transaction
from supply.outbox import rules
from supply.outbox.links import public_url
from supply.outbox.models import Mail
from supply.outbox.services import Attachment, enqueue
from supply.outbox.terms import MailKind
from tests.factories import NOW
from tests.outbox.conftest import Queue


def test_a_mail_is_rendered_when_queued(app: Flask, queue: Queue) -> None:
    app.config["MAIL_FROM"] = "Supply <supply@clinic.example>"
    mail = db.session.get_one(Mail, queue("biotin <2%>", practice_id=7))
    assert (mail.to_address, mail.to_name, mail.practice_id) == ("anna@example.org", "Anna", 7)
    assert mail.subject == "News of biotin <2%>"
    assert mail.text == "News of biotin <2%>.\n\n\n\n-- \nBye\n"
    assert mail.html == "<p>News of biotin &lt;2%&gt;</p>\n"
    assert mail.message_id.endswith("@clinic.example>")
    assert (mail.queued_at, mail.due_at, mail.attempts) == (NOW, NOW, 0)


def test_a_subject_is_one_line_of_bounded_length(queue: Queue) -> None:
    mail = db.session.get_one(Mail, queue("a\r\nBcc: eve@example.com\x00" + "x" * 400))
    assert mail.subject.startswith("News of a Bcc: eve@example.com x")
    assert len(mail.subject) == 300
    assert mail.subject.endswith("…")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "Enter an e-mail address, such as name@clinic.example."),
        ("anna", "Enter an e-mail address, such as name@clinic.example."),
        ("anna@example.org\nBcc: eve@example.com", "Enter one e-mail address only."),
        (
            "jörg@example.com",
            "Mail to an address with ö before the @ does not arrive everywhere."
            " Ask for one with plain letters (a to z) there.",
        ),
    ],
)
def test_a_mail_to_nobody_is_set_aside_with_the_reason(
    queue: Queue, address: str, says: str
) -> None:
    mail = db.session.get_one(Mail, queue(to_address=address))
    assert mail.to_address == address.replace("\n", " ")
    assert (mail.set_aside_at, mail.last_error, mail.sent_at) == (NOW, says, None)


def test_a_mail_goes_to_the_address_as_it_is_kept(queue: Queue) -> None:
    """What was stored before addresses had one form is written to all the same."""
    mail = db.session.get_one(Mail, queue(to_address="Anna@Müller.de"))
    assert (mail.to_address, mail.set_aside_at) == ("anna@xn--mller-kva.de", None)


def test_a_reader_of_no_known_language_gets_english(queue: Queue) -> None:
    assert db.session.get_one(Mail, queue(locale="xx_nowhere")).subject == "News of biotin"


def test_a_mail_goes_with_the_transaction_that_caused_it(queue: Queue) -> None:
    def cause() -> None:
        enqueue(
            MailKind.ORDER,
            to_address="anna@example.org",
            template="letter",
            context={"topic": "x"},
            attachments=[Attachment("a.csv", "text/csv", b"a")],
            now=NOW,
        )
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction():
        cause()
    assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 0


def test_links_are_built_from_the_public_address(app: Flask) -> None:
    app.config["PUBLIC_URL"] = "https://supply.example/clinic"
    assert public_url("mailbox.practice_mail", practice_code="derma", mail_id=3) == (
        "https://supply.example/clinic/p/derma/mailbox/3"
    )


def test_failures_wait_longer_each_time_and_are_never_given_up() -> None:
    waits = [rules.wait_after(n).total_seconds() / 60 for n in range(1, 9)]
    assert waits == [1, 5, 30, 120, 360, 1440, 1440, 1440]


def test_a_frame_without_scripts_is_tall_enough_for_a_phone() -> None:
    assert rules.frame_height("a\n" + "b" * 19 + "\n" + "c" * 20) == 260 + 4 * 30
