"""The mailbox pages: mails as people get them, sent or waiting."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as BaseResponse

from supply import clock
from supply.accounts.queries import address_of, demo_people
from supply.accounts.rules import Right
from supply.addresses import shown
from supply.extensions import talisman
from supply.outbox import queries
from supply.outbox.keys import without_keys
from supply.outbox.models import Mail
from supply.outbox.queries import Mailbox
from supply.outbox.rules import frame_height
from supply.outbox.services import send_again
from supply.outbox.terms import CONFIDENTIAL_KINDS, MailKind
from supply.web import access, navigation
from supply.web.both_sides import of_both
from supply.web.saving import done

blueprint = Blueprint("mailbox", __name__)


# A mail's HTML has inline styles and no scripts; it is shown in a frame of our own page only.
_MAIL_POLICY = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",
    "img-src": "data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'self'",
    # Of our origin, so that the page around it can measure it; no script runs in it either way.
    "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
}
_as_framed_mail = talisman(
    content_security_policy=_MAIL_POLICY,
    content_security_policy_nonce_in=[],
    frame_options="SAMEORIGIN",
)


Answer = str | BaseResponse


@of_both(blueprint, "mailbox", "mailbox")
def mailbox(**place: str) -> Answer:
    """List what the practice's or the supplier's people were sent."""
    return _list(_mailbox(**place), _Links(**place))


@of_both(blueprint, "mail", "mailbox/<int:mail_id>")
def mail(mail_id: int, **place: str) -> Answer:
    """Show one mail."""
    box = _mailbox(**place)
    found = _mail(box, mail_id)
    return _show(found, _shown_to(box, found, found.text), _Links(**place))


@of_both(blueprint, "mail_html", "mailbox/<int:mail_id>/html")
@_as_framed_mail
def mail_html(mail_id: int, **place: str) -> Answer:
    """Give the mail's HTML, for the frame of its page."""
    box = _mailbox(**place)
    found = _mail(box, mail_id)
    return Response(_shown_to(box, found, found.html), mimetype="text/html")


@of_both(blueprint, "mail_file", "mailbox/<int:mail_id>/files/<int:file_id>")
def mail_file(mail_id: int, file_id: int, **place: str) -> Answer:
    """Give a file that goes with the mail."""
    return _file(_mail(_mailbox(**place), mail_id), file_id)


@of_both(blueprint, "mail_again", "mailbox/<int:mail_id>/again", "POST")
def mail_again(mail_id: int, **place: str) -> Answer:
    """Send a mail once more that reached nobody."""
    return _again(_mail(_mailbox(**place), mail_id), _Links(**place))


class _Links:
    """Addresses within a practice's or a supplier's mailbox."""

    def __init__(self, **place: str) -> None:
        self._side = "practice" if "practice_code" in place else "supplier"
        self._place = place

    def mailbox(self, **values: Any) -> str:
        """Return the address of the list."""
        return self._url("mailbox", **values)

    def mail(self, mail: Mail) -> str:
        """Return the address of a mail's page."""
        return self._url("mail", mail_id=mail.id)

    def html(self, mail: Mail) -> str:
        """Return the address of a mail's HTML."""
        return self._url("mail_html", mail_id=mail.id)

    def again(self, mail: Mail) -> str:
        """Return the address that sends a mail once more."""
        return self._url("mail_again", mail_id=mail.id)

    def file(self, mail: Mail, file_id: int) -> str:
        """Return the address of a file that goes with a mail."""
        return self._url("mail_file", mail_id=mail.id, file_id=file_id)

    def _url(self, name: str, **values: Any) -> str:
        return url_for(f"mailbox.{self._side}_{name}", **{**self._place, **values})


def _mailbox(*, practice_code: str | None = None, supplier_code: str = "") -> Mailbox:
    """Return the mailbox of a practice or a supplier, after the reader's right was checked."""
    reveal = bool(demo_people())
    if practice_code is None:
        supplier = access.supplier(supplier_code, Right.FULFIL)
        return Mailbox(access.person().id, supplier_id=supplier.id, reveal=reveal)
    practice = access.practice(practice_code, Right.ORDER)
    # A colleague limited to some clinics sees what came to them, not what went to the others.
    limited = bool(g.membership.clinics)
    return Mailbox(access.person().id, practice_id=practice.id, own_only=limited, reveal=reveal)


def _mail(box: Mailbox, mail_id: int) -> Mail:
    return queries.mail(box, mail_id) or abort(404)


def _list(box: Mailbox, links: _Links) -> str:
    show = request.args.get("show")
    only_set_aside = show == "set-aside"
    before = request.args.get("before", type=int)
    mails, more = queries.mails(box, before, only_set_aside=only_set_aside)
    return render_template(
        "mailbox/index.html",
        mails=mails,
        mailbox=box,
        links=links,
        waiting=queries.waiting(box),
        set_aside=queries.set_aside(box),
        only_set_aside=only_set_aside,
        next_url=links.mailbox(before=more, show=show) if more else None,
        mail_is_sent=bool(current_app.config["MAIL_URL"]),
        kinds=_kind_names(),
        timezone=_timezone(),
    )


def _shown_to(box: Mailbox, mail: Mail, content: str) -> str:
    """Return what a mail says; the keys of its links are for its reader alone."""
    if box.reveal or mail.person_id == box.reader_id:
        return content
    return without_keys(content)


def _show(mail: Mail, text: str, links: _Links) -> str:
    return render_template(
        "mailbox/mail.html",
        mail=mail,
        text=text,
        links=links,
        as_text=request.args.get("as") == "text",
        height=frame_height(mail.text),
        address_now=_address_now(mail),
        timezone=_timezone(),
    )


def _again(mail: Mail, links: _Links) -> BaseResponse:
    address = _address_now(mail)
    if done(lambda: send_again(mail, address, actor=access.actor(), now=clock.now())):
        flash(_("It is sent again, to %(address)s.", address=shown(address)), "success")
    return redirect(links.mail(mail))


def _address_now(mail: Mail) -> str:
    """Return where the mail would go today: its reader's address may have changed since."""
    if mail.kind in CONFIDENTIAL_KINDS:
        return mail.to_address
    return address_of(person_id=mail.person_id, supplier_id=mail.supplier_id) or mail.to_address


def _file(mail: Mail, file_id: int) -> Response:
    file = queries.attachment(mail.id, file_id) or abort(404)
    headers = Headers()
    headers.add("Content-Disposition", "attachment", filename=file.filename)
    return Response(file.content, mimetype=file.media_type, headers=headers)


def _timezone() -> str:
    """Return the zone instants are shown in: that of the place the reader works at."""
    here = navigation.place_here()
    return str(here.timezone) if here is not None else "UTC"


def _kind_names() -> dict[MailKind, str]:
    return {
        MailKind.DIGEST: _("Digest"),
        MailKind.ORDER: _("Order"),
        MailKind.ORDER_NEWS: _("News of an order"),
        MailKind.APPROVAL: _("Approval"),
        MailKind.RECALL: _("Recall"),
        MailKind.SESSION_SHORT: _("Short for a session"),
        MailKind.INVITATION: _("Invitation"),
        MailKind.PASSWORD_RESET: _("New password"),
        MailKind.ACCOUNT: _("Account"),
    }
