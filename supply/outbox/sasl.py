"""Signing in to a mail server with any user and password, in UTF-8 (RFC 4616, RFC 4954).

The standard library's own sign-in encodes both as ASCII and breaks on a password with an accent.
"""

from __future__ import annotations

import hmac
import smtplib
from base64 import b64decode, b64encode


def sign_in(connection: smtplib.SMTP, username: str, password: str) -> None:
    """Sign in by the first of CRAM-MD5, PLAIN and LOGIN that works of those the server offers.

    Raises:
        smtplib.SMTPNotSupportedError: it offers none of them.
        smtplib.SMTPAuthenticationError: it refused each.
        OSError: the connection broke.
    """
    connection.ehlo_or_helo_if_needed()
    offered = connection.esmtp_features.get("auth", "").upper().split()
    ways = [way for way in _WAYS if way in offered]
    if not ways:
        raise smtplib.SMTPNotSupportedError("The mail server offers no sign-in that we know.")
    code, said = 0, b""
    for way in ways:
        code, said = _WAYS[way](connection, username.encode(), password.encode())
        if code in (235, 503):  # 503: signed in already
            return
    raise smtplib.SMTPAuthenticationError(code, said)


def _cram_md5(connection: smtplib.SMTP, user: bytes, password: bytes) -> tuple[int, bytes]:
    code, challenge = connection.docmd("AUTH", "CRAM-MD5")
    if code != 334:
        return code, challenge
    digest = hmac.new(password, b64decode(challenge), "md5").hexdigest()
    return connection.docmd(_base64(user + b" " + digest.encode()))


def _plain(connection: smtplib.SMTP, user: bytes, password: bytes) -> tuple[int, bytes]:
    secret = b"\0".join((b"", user, password))
    return connection.docmd("AUTH", f"PLAIN {_base64(secret)}")


def _login(connection: smtplib.SMTP, user: bytes, password: bytes) -> tuple[int, bytes]:
    code, said = connection.docmd("AUTH", f"LOGIN {_base64(user)}")
    return connection.docmd(_base64(password)) if code == 334 else (code, said)


def _base64(secret: bytes) -> str:
    return b64encode(secret).decode("ascii")


_WAYS = {"CRAM-MD5": _cram_md5, "PLAIN": _plain, "LOGIN": _login}
