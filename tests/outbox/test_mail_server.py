"""The mail server: MAIL_URL read and refused, signing in, refusals, and an end in time."""

from __future__ import annotations

import datetime as dt
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from supply.outbox.delivery import DeliveryError
from supply.outbox.mail_url import MailServer, MailUrlError
from supply.outbox.models import Mail
from supply.outbox.smtp import SmtpGateway
from supply.outbox.terms import MailKind
from tests.factories import NOW
from tests.support.ports import LOOPBACK
from tests.support.smtp import SignIn, SmtpServer, plain_smtp_server, sign_in_smtp_server

SENDER = "Supply <supply@clinic.example>"


def letter(**values: object) -> Mail:
    """Return a mail that stands in no database."""
    return Mail(
        **{
            "id": 1,
            "message_id": "<1@clinic.example>",
            "kind": MailKind.ORDER,
            "to_address": "anna@example.org",
            "to_name": "Anna",
            "subject": "News",
            "text": "News.\n",
            "html": "<p>News.</p>\n",
            "attachments": [],
            **values,
        }
    )


def send(url: str, mail: Mail | None = None, **values: object) -> DeliveryError | None:
    """Send ``mail``; return how it failed."""
    gateway = SmtpGateway(url, SENDER, **values)  # type: ignore[arg-type]
    try:
        gateway.send(mail or letter(), NOW)
    except DeliveryError as error:
        return error
    return None


def test_mail_urls_are_read() -> None:
    url = "smtp+starttls://cl%40inic:p%3A%2Fss@mail.example"
    assert MailServer.from_url(url) == MailServer(
        "smtp+starttls", "mail.example", 587, "cl@inic", "p:/ss", None
    )
    assert MailServer.from_url("smtps://mail.example:2465?ca=/etc/ca.pem") == MailServer(
        "smtps", "mail.example", 2465, None, None, "/etc/ca.pem"
    )
    assert MailServer.from_url("smtp://mail.example/").port == 25
    accented = MailServer.from_url("smtp://b%C3%BCro:pa%C3%9F@[::1]:2525")
    assert accented == MailServer("smtp", "::1", 2525, "büro", "paß", None)
    assert MailServer.from_url("smtp://büro:paß@mail.müller.de") == MailServer(
        "smtp", "mail.xn--mller-kva.de", 25, "büro", "paß", None
    )


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mail.example", "and it has no scheme"),
        ("http://mail.example", "and it begins with http:"),
        ("mailto:anna@example.org", "and it begins with mailto:"),
        ("smtp://", "names no host"),
        ("smtp://user:secret@:25", "names no host"),
        ("smtp://mail.example:0", "the port must be a number"),
        ("smtp://mail.example:99999", "the port must be a number"),
        ("smtp://mail.example:smtp", "the port must be a number"),
        ("smtp://user:sec/ret@mail.example", "Percent-encode"),
        ("smtp://user:sec#ret@mail.example", "Percent-encode"),
        ("smtp://user:sec?ret@mail.example", "Percent-encode"),
        ("smtp://user:sec[ret@mail.example", "is not an address. Percent-encode"),
        ("smtp://user:secret%FC@mail.example", "user or password is not UTF-8"),
        ("smtp://user:secret%00@mail.example", "user or password is not UTF-8"),
        ("smtp://mail.example/inbox", "goes on after the host and port"),
        ("smtp://mail.example?tls=1", "takes ?ca=FILE"),
        ("smtps://mail.example?ca=/nowhere.pem", "ca=/nowhere.pem cannot be read"),
    ],
)
def test_a_wrong_mail_url_is_refused_without_repeating_its_password(url: str, says: str) -> None:
    with pytest.raises(MailUrlError, match="MAIL_URL") as refused:
        SmtpGateway(url, SENDER)
    assert says in str(refused.value)
    assert "sec" not in str(refused.value)


@pytest.mark.parametrize("sender", ["nobody", "Supply <jörg@example.org>", "a@b.de, c@d.de"])
def test_a_wrong_sender_is_refused(sender: str) -> None:
    with pytest.raises(MailUrlError, match="MAIL_FROM must hold an e-mail address"):
        SmtpGateway("smtp://mail.example", sender)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_any_user_and_password_sign_in(mechanism: str) -> None:
    known = SignIn("büro@müller.de", "пароль ß/:@#%", mechanism)
    with sign_in_smtp_server(known) as server:
        assert send(server.url) is None
        [received] = server.mails
        assert received.recipients == ("anna@example.org",)
        wrong = send(server.url.replace("%23", "%24"))
        assert wrong is not None
        assert (str(wrong)[:3], wrong.permanent, wrong.server) == ("535", False, True)


def test_a_server_without_a_sign_in_is_named(smtp_server: SmtpServer) -> None:
    url = smtp_server.url.replace("//", "//user:secret@")
    refused = send(url)
    assert refused is not None
    assert refused.server
    assert str(refused).endswith("The mail server offers no sign-in that we know.")


def test_refusals_mean_what_they_are_about(smtp_server: SmtpServer) -> None:
    def answered(step: str, answer: str) -> tuple[str, bool, bool]:
        smtp_server.refusals = {step: answer}
        error = send(smtp_server.url)
        assert error is not None
        return str(error), error.permanent, error.server

    assert answered("RCPT", "550 No such person") == ("550 No such person", True, False)
    assert answered("RCPT", "450 Mailbox busy") == ("450 Mailbox busy", False, False)
    assert answered("RCPT", "421 Closing") == ("421 Closing", False, True)
    assert answered("MAIL", "552 Too large") == ("552 Too large", True, False)
    # The sender is refused: each further mail would be as well, and none is to be set aside.
    assert answered("MAIL", "550 Not your address") == ("550 Not your address", False, True)
    # No reply that a mail server gives: nothing is known of the mail, so it is tried again.
    assert answered("RCPT", "999 What") == ("999 What", False, False)
    assert answered("RCPT", "5" * 9_000) == ("500 Line too long.", False, False)
    assert answered("DATA", "554 Looks like spam") == ("554 Looks like spam", True, False)


def test_a_server_that_hangs_up_in_the_middle_is_named(smtp_server: SmtpServer) -> None:
    smtp_server.refusals = {"DATA": ""}
    error = send(smtp_server.url)
    assert error is not None
    assert (error.permanent, error.server) == (False, False)
    assert str(error).startswith("SMTPServerDisconnected: ")


def _silent(connection: socket.socket, ended: threading.Event) -> None:
    with connection:
        ended.wait()


def _dripping(connection: socket.socket, ended: threading.Event) -> None:
    with connection, suppress(OSError):
        while not ended.wait(0.01):
            connection.sendall(b"2")


def _dripping_lines(connection: socket.socket, ended: threading.Event) -> None:
    with connection, suppress(OSError):
        while not ended.wait(0.01):
            connection.sendall(b"220-wait\r\n")


def _without_farewell(connection: socket.socket, ended: threading.Event) -> None:
    """Take a mail, then say nothing to QUIT."""
    answers = iter([b"220 x", b"250 x", b"250 ok", b"250 ok", b"354 go on", b"250 taken"])
    with connection, suppress(OSError), connection.makefile("rb") as lines:
        connection.sendall(next(answers) + b"\r\n")
        in_mail = False
        for line in lines:
            if in_mail and line != b".\r\n":
                continue
            in_mail = line.startswith(b"data")
            answer = next(answers, None)
            if answer is None:
                ended.wait()
                return
            connection.sendall(answer + b"\r\n")


def test_a_mail_that_was_taken_is_sent_whatever_comes_after() -> None:
    with stalling(_without_farewell) as port:
        assert send(f"smtp://{LOOPBACK}:{port}", seconds=0.5) is None


@contextmanager
def stalling(behave: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """Run a server that takes connections and then stalls as ``behave`` does; give its port."""
    ended = threading.Event()
    with socket.create_server((LOOPBACK, 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=behave, args=(connection, ended), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        ended.set()


@pytest.mark.parametrize("scheme", ["smtp", "smtps", "smtp+starttls"])
@pytest.mark.parametrize("behave", [_silent, _dripping, _dripping_lines])
def test_a_mail_has_one_deadline_for_everything(
    scheme: str, behave: Callable[[socket.socket, threading.Event], None]
) -> None:
    with stalling(behave) as port:
        late = send(f"{scheme}://{LOOPBACK}:{port}", seconds=0.3)
    assert late is not None
    if scheme != "smtps" or behave is _silent:
        assert str(late) == "The mail server did not take it within 0.3 seconds."
    assert (late.permanent, late.server) == (False, True)


def test_who_is_told_to_end_waits_no_longer_than_the_grace() -> None:
    stop = threading.Event()
    stop.set()
    with stalling(_silent) as port:
        late = send(f"smtp://{LOOPBACK}:{port}", seconds=3600, stop=stop, grace=0.1)
    assert str(late) == "Sending was ended before the mail server had taken it."


def test_a_mail_on_its_way_may_finish_within_the_grace(smtp_server: SmtpServer) -> None:
    stop = threading.Event()
    stop.set()
    assert send(smtp_server.url, stop=stop, grace=60) is None
    assert len(smtp_server.mails) == 1


def test_headers_bear_any_name_and_subject() -> None:
    names = ["Dr. Zoë 🧪 Müller, Chef", "名前", 'Anna "the boss" Berg', "x" * 200, "Ω" * 20]
    subjects = [
        "Order 3 items 🧪",
        "Ünï " * 70,
        "長" * 290,
        "a\tb\nBcc: eve@example.com",
        "y" * 300,
    ]
    with plain_smtp_server() as server:
        for name, subject in zip(names, subjects, strict=True):
            mail = letter(to_name=name, subject=subject, kind=MailKind.DIGEST, text="Ω\n.\nfrom\n")
            assert send(server.url, mail) is None
        for name, subject, received in zip(names, subjects, server.mails, strict=True):
            [to] = received.message["To"].addresses
            assert (to.display_name, to.addr_spec) == (name, "anna@example.org")
            assert received.message["Subject"] == " ".join(subject.split())
            assert received.message["Bcc"] is None
            text = received.message.get_body(["plain"])
            assert text is not None
            assert text.get_content().splitlines() == ["Ω", ".", "from"]
            assert received.message["Message-ID"] == "<1@clinic.example>"
            assert received.message["Auto-Submitted"] == "auto-generated"
            assert received.message["List-Id"] == "Supply digest <digest.clinic.example>"
            assert received.raw.isascii()
            assert max(len(line) for line in received.raw.splitlines()) <= 998


def test_sent_at_is_the_date(smtp_server: SmtpServer) -> None:
    SmtpGateway(smtp_server.url, "Sūtītājs <supply@müller.de>").send(letter(), NOW)
    [received] = smtp_server.mails
    assert received.message["Date"].datetime == NOW.replace(microsecond=0)
    assert received.message["List-Id"] is None
    assert received.sender == "supply@xn--mller-kva.de"
    assert str(received.message["From"]) == "Sūtītājs <supply@xn--mller-kva.de>"
    assert dt.timedelta(0) == NOW.utcoffset()
