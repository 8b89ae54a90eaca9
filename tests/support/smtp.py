"""A real SMTP server that keeps what it is sent."""

import asyncio
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.support.ports import LOOPBACK, free_port

USERNAME: Final = "clinic"
PASSWORD: Final = "correct-horse"


@dataclass(frozen=True)
class ReceivedMail:
    """One message as it arrived: its envelope and its parsed content."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    encrypted: bool


@dataclass
class SmtpServer:
    """The server as tests see it; ``url`` is what MAIL_URL takes.

    Each of ``answers`` is given to one coming message instead of taking it, for example
    ``"451 Try again later"``. A message is kept first and acknowledged after ``delay`` seconds.
    """

    url: str
    mails: list[ReceivedMail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    delay: float = 0

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message, or refuse it with the next of ``answers``."""
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        message = message_from_bytes(envelope.content, policy=email.policy.default)
        recipients = tuple(envelope.rcpt_tos)
        encrypted = session.ssl is not None
        self.mails.append(ReceivedMail(envelope.mail_from, recipients, message, encrypted))
        await asyncio.sleep(self.delay)
        return "250 Message accepted"


@contextmanager
def plain_smtp_server() -> Iterator[SmtpServer]:
    """Run a server without encryption or sign-in."""
    port = free_port()
    server = SmtpServer(f"smtp://{LOOPBACK}:{port}")
    with _running(Controller(server, LOOPBACK, port)):
        yield server


@contextmanager
def starttls_smtp_server(tls: ssl.SSLContext) -> Iterator[SmtpServer]:
    """Run a server that takes mail only after STARTTLS and a sign-in."""
    port = free_port()
    server = SmtpServer(f"smtp+starttls://{USERNAME}:{PASSWORD}@{LOOPBACK}:{port}")
    controller = Controller(
        server,
        LOOPBACK,
        port,
        tls_context=tls,
        require_starttls=True,
        authenticator=_authenticate,
        auth_required=True,
    )
    with _running(controller):
        yield server


@contextmanager
def _running(controller: Controller) -> Iterator[None]:
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any
) -> AuthResult:
    known = LoginPassword(USERNAME.encode(), PASSWORD.encode())
    # Not handled: the server itself tells the client that the sign-in failed.
    return AuthResult(success=data == known, handled=False)
