"""The mail server: one small gateway that speaks SMTP."""

from __future__ import annotations

import datetime as dt
import smtplib
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from supply import addresses
from supply.addresses import AddressError
from supply.outbox.bounded import run_within
from supply.outbox.delivery import DeliveryError
from supply.outbox.mail_url import MailServer, MailUrlError
from supply.outbox.message import compose
from supply.outbox.models import Mail
from supply.outbox.rules import one_line
from supply.outbox.sasl import sign_in

__all__ = ["MailServer", "MailUrlError", "SmtpGateway", "configured_gateway"]

MAIL_SECONDS = 45.0
"""What a whole mail may take: finding the server, connecting, encrypting, signing in, sending."""
SILENCE_SECONDS = 20.0
"""How long the server may say nothing at all."""
FAREWELL_SECONDS = 2.0
"""How long the server may say nothing once it has taken the mail."""
GRACE_SECONDS = 3.0
"""What a mail may still take once whoever runs us wants to end."""

LONGEST_REASON = 1000

TOO_LARGE = 552
OUR_SIGN_IN = frozenset({421, 530, 534, 535, 538})
"""Codes that are about us or the server's state, whenever they come; never about one mail."""


class SmtpGateway:
    """Hands mails to one SMTP server, each over a connection of its own."""

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        seconds: float = MAIL_SECONDS,
        stop: threading.Event | None = None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        """Read the server from ``url``; ``sender`` is MAIL_FROM, "Name <address>" or an address.

        A mail takes at most ``seconds``, or ``grace`` once ``stop`` is set. Raises MailUrlError
        when either cannot be used.
        """
        self._server = MailServer.from_url(url)
        self._server.check_authority()
        self._seconds = seconds
        self._stop = stop or threading.Event()
        self._grace = grace
        try:
            self._sender = addresses.named(sender)
        except AddressError as error:
            raise MailUrlError(f"MAIL_FROM must hold an e-mail address. {error}") from error

    def send(self, mail: Mail, sent_at: dt.datetime) -> None:
        """Send ``mail``, dated ``sent_at``.

        Raises:
            DeliveryError: it was refused, for now or for good, or the server is out of reach.
        """
        try:
            message = compose(mail, self._sender, sent_at).as_bytes()
            to_address = addresses.kept(mail.to_address)
        except Exception as error:
            raise DeliveryError(_cannot_be_written(error), permanent=True) from error
        handing = _HandingOver(self._server, self._sender[1], to_address, message)
        try:
            run_within(
                self._seconds, handing.run, cut=handing.cut, stop=self._stop, grace=self._grace
            )
        except TimeoutError as error:
            if not handing.is_taken:
                raise DeliveryError(self._late(), server=True) from error

    def _late(self) -> str:
        if self._stop.is_set():
            return "Sending was ended before the mail server had taken it."
        return f"The mail server did not take it within {self._seconds:g} seconds."


class _HandingOver:
    """One mail on its way over one connection, which another thread may cut."""

    def __init__(self, server: MailServer, sender: str, recipient: str, message: bytes) -> None:
        self._server = server
        self._sender = sender
        self._recipient = recipient
        self._message = message
        self._connection: smtplib.SMTP | None = None
        self._is_cut = threading.Event()
        self.is_taken = False
        """Whether the server said that the mail is its own now."""

    def run(self) -> None:
        """Connect, sign in and hand the mail over. Raises DeliveryError."""
        try:
            self._hand_over(self._signed_in())
        finally:
            if self._connection is not None:
                self._connection.close()

    def cut(self) -> None:
        """End it from another thread: nothing is sent from now on."""
        self._is_cut.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _signed_in(self) -> smtplib.SMTP:
        """Return an open connection; whatever is wrong until then is wrong with the server."""
        server = self._server
        try:
            connection = self._open()
            if server.scheme == "smtp+starttls":
                connection.starttls(context=server.tls())
            if server.username is not None:
                sign_in(connection, server.username, server.password or "")
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(_said(error.smtp_code, error.smtp_error), server=True) from error
        except Exception as error:
            raise DeliveryError(_named(error), server=True) from error
        return connection

    def _open(self) -> smtplib.SMTP:
        if self._server.scheme == "smtps":
            return _Encrypted(self._keep, self._server)
        return _Plain(self._keep, self._server)

    def _keep(self, connection: smtplib.SMTP) -> None:
        self._connection = connection

    def _hand_over(self, connection: smtplib.SMTP) -> None:
        if self._is_cut.is_set():
            return
        try:
            connection.sendmail(self._sender, [self._recipient], self._message)
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            raise _refused(code, said) from error
        except smtplib.SMTPSenderRefused as error:
            if error.smtp_code == TOO_LARGE:
                raise _refused(error.smtp_code, error.smtp_error) from error
            # It is MAIL_FROM that was refused: the next mail has the same.
            raise DeliveryError(_said(error.smtp_code, error.smtp_error), server=True) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except OSError as error:
            raise DeliveryError(_named(error)) from error
        # The mail is theirs now: a farewell that fails or hangs must not send it again.
        self.is_taken = True
        with suppress(OSError):
            if connection.sock is not None:
                connection.sock.settimeout(FAREWELL_SECONDS)
            connection.quit()


class _Plain(smtplib.SMTP):
    """A connection that is known before it is open, so that it can be cut while it opens."""

    def __init__(self, keep: Callable[[smtplib.SMTP], None], server: MailServer) -> None:
        keep(self)
        super().__init__(server.host, server.port, timeout=SILENCE_SECONDS)


class _Encrypted(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, keep: Callable[[smtplib.SMTP], None], server: MailServer) -> None:
        keep(self)
        super().__init__(server.host, server.port, timeout=SILENCE_SECONDS, context=server.tls())


def _refused(code: int, said: bytes | str) -> DeliveryError:
    """Return what a refusal means; only a 5yz is for good, and only where the server said it.

    What is no reply at all, such as a line without end, comes with a text of the library's own.
    """
    ours = code in OUR_SIGN_IN
    for_good = 500 <= code <= 599 and isinstance(said, bytes) and not ours
    return DeliveryError(_said(code, said), permanent=for_good, server=ours)


def _said(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(f"{code} {text}", LONGEST_REASON)


def _named(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}", LONGEST_REASON)


def _cannot_be_written(error: Exception) -> str:
    if isinstance(error, AddressError):
        return str(error.sentence)
    return f"No mail can be made of this: {_named(error)}"


def configured_gateway(
    config: Mapping[str, Any], stop: threading.Event | None = None
) -> SmtpGateway | None:
    """Return the gateway that MAIL_URL and MAIL_FROM ask for; None without a MAIL_URL.

    Once ``stop`` is set it hurries. Raises MailUrlError when they cannot be used.
    """
    url = config["MAIL_URL"]
    return SmtpGateway(url, config["MAIL_FROM"], stop=stop) if url else None
