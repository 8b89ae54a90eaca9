"""A mail as the message that goes over the wire."""

from __future__ import annotations

import datetime as dt
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from supply import addresses
from supply.outbox.models import Mail
from supply.outbox.rules import one_line
from supply.outbox.terms import MailKind

LONGEST_NAME = 200
LONGEST_SUBJECT = 300
LONGEST_ADDRESS = 500

UNSUBSCRIBE = "List-Unsubscribe"


class _Policy(EmailPolicy):
    """As mails go over SMTP, but that an address to unsubscribe at stays whole.

    The standard library would break it into encoded words, which are no address any more.
    """

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header as it goes over the wire."""
        if name == UNSUBSCRIBE:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


_SMTP = _Policy(linesep="\r\n")


def compose(mail: Mail, sender: tuple[str, str], sent_at: dt.datetime) -> EmailMessage:
    """Return ``mail`` from ``sender`` (name, address): text, the same as HTML, and its files.

    Header values are set through the standard library's structured headers, which refuse
    line ends, so nothing in a name or subject can add a header. The body is plain ASCII on the
    wire, whatever it says: not every server takes more. Raises ValueError and its like for a row
    that no message can be made of.
    """
    message = EmailMessage(policy=_SMTP)
    message["From"] = _who(*sender)
    message["To"] = _who(mail.to_name, addresses.kept(mail.to_address))
    if mail.reply_to_address is not None:
        message["Reply-To"] = _who(mail.reply_to_name, addresses.kept(mail.reply_to_address))
    message["Subject"] = one_line(mail.subject, LONGEST_SUBJECT)
    message["Date"] = format_datetime(sent_at)
    message["Message-ID"] = one_line(mail.message_id, LONGEST_NAME)
    # A program wrote this: holiday notes and the like need not answer it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if mail.kind is MailKind.DIGEST:
        message["List-Id"] = f"Supply digest <digest.{sender[1].rpartition('@')[2]}>"
    if mail.unsubscribe_url is not None:
        message[UNSUBSCRIBE] = f"<{one_line(mail.unsubscribe_url, LONGEST_ADDRESS)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for file in mail.attachments:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(
            file.content,
            maintype=main,
            subtype=sub or "octet-stream",
            filename=one_line(file.filename, LONGEST_NAME),
        )
    return message


def _who(name: str, address: str) -> Address:
    return Address(one_line(name, LONGEST_NAME), addr_spec=address)
