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
from urllib.parse import quote

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
    raw: bytes = b""


@dataclass
class SmtpServer:
    """The server as tests see it; ``url`` is what MAIL_URL takes.

    ``refusals`` are answers by step ("MAIL", "RCPT", "DATA"), given to every message; an empty
    one hangs up.
    Each of ``answers`` is given to one coming message instead of taking it, for example
    ``"451 Try again later"``. A message is kept first and acknowledged after ``delay`` seconds.
    """

    url: str
    mails: list[ReceivedMail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    delay: float = 0
    refusals: dict[str, str] = field(default_factory=dict)

    async def handle_MAIL(
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take a sender, unless refused."""
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._refused(server, "MAIL") or "250 OK"

    async def handle_RCPT(
        self,
        server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Take a recipient, unless refused."""
        refused = self._refused(server, "RCPT")
        if not refused:
            envelope.rcpt_tos.append(address)
        return refused or "250 OK"

    def _refused(self, server: SMTP, step: str) -> str:
        answer = self.refusals.get(step)
        if answer == "":
            assert server.transport is not None
            server.transport.close()
        return answer or ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep a message, or refuse it with the next of ``answers``."""
        if "DATA" in self.refusals:
            return self._refused(server, "DATA")
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        assert envelope.mail_from is not None
        message = message_from_bytes(envelope.content, policy=email.policy.default)
        recipients = tuple(envelope.rcpt_tos)
        encrypted = session.ssl is not None
        sender, raw = envelope.mail_from, envelope.content
        self.mails.append(ReceivedMail(sender, recipients, message, encrypted, raw))
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


@dataclass(frozen=True)
class SignIn:
    """A user and password that a server knows, and the one mechanism it offers."""

    username: str
    password: str
    mechanism: str


@contextmanager
def sign_in_smtp_server(known: SignIn) -> Iterator[SmtpServer]:
    """Run a server that takes mail only after ``known`` signed in; without encryption."""
    port = free_port()
    user, password = quote(known.username, safe=""), quote(known.password, safe="")
    server = SmtpServer(f"smtp://{user}:{password}@{LOOPBACK}:{port}")
    expected = LoginPassword(known.username.encode(), known.password.encode())

    def authenticate(*arguments: Any) -> AuthResult:
        return AuthResult(success=arguments[-1] == expected, handled=False)

    controller = Controller(
        server,
        LOOPBACK,
        port,
        authenticator=authenticate,
        auth_required=True,
        auth_require_tls=False,
        auth_exclude_mechanism={"PLAIN", "LOGIN"} - {known.mechanism},
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
