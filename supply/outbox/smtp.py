"""The mail server: one small gateway that speaks SMTP."""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from supply.outbox.models import Mail
from supply.outbox.rules import is_address
from supply.outbox.services import DeliveryError

TIMEOUT_SECONDS = 20
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailUrlError(ValueError):
    """MAIL_URL cannot be used; the message says why, without repeating its password."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mails are handed over, read from a MAIL_URL."""

    scheme: str
    host: str
    port: int
    username: str | None
    password: str | None
    authority: str | None
    """A file of certificates to trust instead of the system's (``?ca=FILE``)."""

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Read ``smtp://``, ``smtps://`` or ``smtp+starttls://`` with optional user:password.

        User and password are percent-decoded. Raises MailUrlError.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise MailUrlError("MAIL_URL is not an address.") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise MailUrlError("MAIL_URL must be smtp://, smtps:// or smtp+starttls://HOST[:PORT].")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            authority=parse_qs(parts.query).get("ca", [None])[0],
        )


class SmtpGateway:
    """Hands mails to one SMTP server, each over a connection of its own."""

    def __init__(self, url: str, sender: str) -> None:
        """Read the server from ``url``; ``sender`` is MAIL_FROM, "Name <address>" or an address.

        Raises MailUrlError when either cannot be used.
        """
        self._server = MailServer.from_url(url)
        self._sender = sender
        if not is_address(parseaddr(sender)[1]):
            raise MailUrlError("MAIL_FROM must hold an e-mail address.")

    def send(self, mail: Mail, sent_at: dt.datetime) -> None:
        """Send ``mail``, dated ``sent_at``.

        Raises:
            DeliveryError: it was refused, for now or for good, or the server is out of reach.
        """
        message = compose(mail, self._sender, sent_at)
        with closing(self._open()) as connection:
            self._sign_in(connection)
            self._hand_over(connection, mail, message)

    def _hand_over(self, connection: smtplib.SMTP, mail: Mail, message: EmailMessage) -> None:
        sender = parseaddr(self._sender)[1]
        try:
            connection.send_message(message, from_addr=sender, to_addrs=[mail.to_address])
        except smtplib.SMTPRecipientsRefused as error:
            raise _refused(*error.recipients[mail.to_address]) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise DeliveryError(str(error), permanent=True) from error
        except OSError as error:
            raise _out_of_reach(error) from error
        # The mail is theirs now: a failing farewell must not send it again.
        with suppress(OSError):
            connection.quit()

    def _sign_in(self, connection: smtplib.SMTP) -> None:
        try:
            if self._server.scheme == "smtp+starttls":
                connection.starttls(context=self._tls())
            if self._server.username is not None:
                connection.login(self._server.username, self._server.password or "")
        except OSError as error:
            raise _out_of_reach(error) from error

    def _open(self) -> smtplib.SMTP:
        server = self._server
        try:
            if server.scheme == "smtps":
                return smtplib.SMTP_SSL(
                    server.host, server.port, timeout=TIMEOUT_SECONDS, context=self._tls()
                )
            return smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        except OSError as error:
            raise _out_of_reach(error) from error

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.authority)


def compose(mail: Mail, sender: str, sent_at: dt.datetime) -> EmailMessage:
    """Return ``mail`` as a message: text, the same as HTML, and its files.

    Header values are set through the standard library's structured headers, which refuse
    line ends, so nothing in a name or subject can add a header.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(mail.to_name, addr_spec=mail.to_address)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for file in mail.attachments:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.filename)
    return message


def _refused(code: int, said: bytes | str) -> DeliveryError:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return DeliveryError(f"{code} {text}", permanent=code >= 500, server=code == 421)


def _out_of_reach(error: OSError) -> DeliveryError:
    """Return the error for a server that cannot be used now: smtplib's errors are OSErrors too."""
    return DeliveryError(f"{type(error).__name__}: {error}", server=True)


def configured_gateway(config: Mapping[str, Any]) -> SmtpGateway | None:
    """Return the gateway that MAIL_URL and MAIL_FROM ask for; None without a MAIL_URL.

    Raises MailUrlError when they cannot be used.
    """
    url = config["MAIL_URL"]
    return SmtpGateway(url, config["MAIL_FROM"]) if url else None
