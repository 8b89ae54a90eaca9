"""MAIL_URL: where mails are handed over, read so that every mistake in it gets its own sentence."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
SHAPE: Final = "smtp://, smtps:// or smtp+starttls://[USER:PASSWORD@]HOST[:PORT]"
ENCODE: Final = (
    "Percent-encode what is special in user and password, as UTF-8: @ as %40, / as %2F, : as %3A,"
    " ? as %3F, # as %23, % as %25."
)


class MailUrlError(ValueError):
    """MAIL_URL or MAIL_FROM cannot be used; says why, without repeating the password."""


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
        parts = _split(url)
        return cls(
            scheme=parts.scheme,
            host=_host(parts),
            port=_port(parts),
            username=_decoded(parts.username),
            password=_decoded(parts.password),
            authority=_authority(parts),
        )

    def tls(self) -> ssl.SSLContext | None:
        """Return how to encrypt; None where the scheme asks for none. Raises OSError."""
        if self.scheme == "smtp":
            return None
        return ssl.create_default_context(cafile=self.authority)

    def check_authority(self) -> None:
        """Raise MailUrlError when the file of certificates cannot be used."""
        try:
            self.tls()
        except OSError as error:
            raise MailUrlError(f"MAIL_URL: ca={self.authority} cannot be read: {error}") from error


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise MailUrlError(f"MAIL_URL is not an address. {ENCODE}") from error
    if parts.scheme not in PORTS:
        begins = f"begins with {parts.scheme}:" if parts.scheme else "has no scheme"
        raise MailUrlError(f"MAIL_URL must be {SHAPE}, and it {begins}.")
    if parts.path.strip("/") or parts.fragment:
        raise MailUrlError(f"MAIL_URL goes on after the host and port. {ENCODE}")
    return parts


def _host(parts: SplitResult) -> str:
    if not parts.hostname:
        raise MailUrlError(f"MAIL_URL names no host. It must be {SHAPE}.")
    try:
        host = parts.hostname if ":" in parts.hostname else parts.hostname.encode("idna").decode()
    except UnicodeError:
        host = ""
    if not host or any(letter.isspace() for letter in host):
        raise MailUrlError("MAIL_URL names a host that cannot be one.")
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise MailUrlError(f"MAIL_URL: the port must be a number from 1 to 65535. {ENCODE}")
    return port or PORTS[parts.scheme]


def _decoded(text: str | None) -> str | None:
    if not text:
        return None
    try:
        plain = unquote(text, errors="strict")
    except UnicodeDecodeError:
        plain = "\0"
    if "\0" in plain:
        raise MailUrlError(f"MAIL_URL: user or password is not UTF-8. {ENCODE}")
    return plain


def _authority(parts: SplitResult) -> str | None:
    options = parse_qs(parts.query, keep_blank_values=True)
    if not options.keys() <= {"ca"} or (parts.query and not options):
        raise MailUrlError(f"MAIL_URL takes ?ca=FILE after the host, nothing else. {ENCODE}")
    return options.get("ca", [None])[0] or None
