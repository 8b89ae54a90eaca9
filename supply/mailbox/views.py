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
from flask_login import login_required
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as BaseResponse

from supply import clock
from supply.accounts.queries import address_of, demo_people
from supply.accounts.rules import Right
from supply.addresses import shown
from supply.db import transaction
from supply.extensions import talisman
from supply.outbox import queries
from supply.outbox.models import Mail
from supply.outbox.queries import Mailbox
from supply.outbox.rules import frame_height
from supply.outbox.services import send_again
from supply.outbox.terms import CONFIDENTIAL_KINDS, MailKind
from supply.refusals import Refusal
from supply.web import access, navigation

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


@blueprint.get("/p/<practice_code>/mailbox")
@login_required
def practice_mailbox(practice_code: str) -> str:
    """List what the practice's people were sent."""
    return _list(_practice(practice_code), _Links("practice", practice_code=practice_code))


@blueprint.get("/p/<practice_code>/mailbox/<int:mail_id>")
@login_required
def practice_mail(practice_code: str, mail_id: int) -> str:
    """Show one mail."""
    links = _Links("practice", practice_code=practice_code)
    return _show(_mail(_practice(practice_code), mail_id), links)


@blueprint.get("/p/<practice_code>/mailbox/<int:mail_id>/html")
@login_required
@_as_framed_mail
def practice_mail_html(practice_code: str, mail_id: int) -> Response:
    """Give the mail's HTML, for the frame of its page."""
    return Response(_mail(_practice(practice_code), mail_id).html, mimetype="text/html")


@blueprint.get("/p/<practice_code>/mailbox/<int:mail_id>/files/<int:file_id>")
@login_required
def practice_mail_file(practice_code: str, mail_id: int, file_id: int) -> Response:
    """Give a file that goes with the mail."""
    return _file(_mail(_practice(practice_code), mail_id), file_id)


@blueprint.post("/p/<practice_code>/mailbox/<int:mail_id>/again")
@login_required
def practice_mail_again(practice_code: str, mail_id: int) -> BaseResponse:
    """Send a mail once more that reached nobody."""
    links = _Links("practice", practice_code=practice_code)
    return _again(_mail(_practice(practice_code), mail_id), links)


@blueprint.get("/s/<supplier_code>/mailbox")
@login_required
def supplier_mailbox(supplier_code: str) -> str:
    """List what the supplier was sent."""
    return _list(_supplier(supplier_code), _Links("supplier", supplier_code=supplier_code))


@blueprint.get("/s/<supplier_code>/mailbox/<int:mail_id>")
@login_required
def supplier_mail(supplier_code: str, mail_id: int) -> str:
    """Show one mail."""
    links = _Links("supplier", supplier_code=supplier_code)
    return _show(_mail(_supplier(supplier_code), mail_id), links)


@blueprint.get("/s/<supplier_code>/mailbox/<int:mail_id>/html")
@login_required
@_as_framed_mail
def supplier_mail_html(supplier_code: str, mail_id: int) -> Response:
    """Give the mail's HTML, for the frame of its page."""
    return Response(_mail(_supplier(supplier_code), mail_id).html, mimetype="text/html")


@blueprint.get("/s/<supplier_code>/mailbox/<int:mail_id>/files/<int:file_id>")
@login_required
def supplier_mail_file(supplier_code: str, mail_id: int, file_id: int) -> Response:
    """Give a file that goes with the mail."""
    return _file(_mail(_supplier(supplier_code), mail_id), file_id)


@blueprint.post("/s/<supplier_code>/mailbox/<int:mail_id>/again")
@login_required
def supplier_mail_again(supplier_code: str, mail_id: int) -> BaseResponse:
    """Send a mail once more that reached nobody."""
    links = _Links("supplier", supplier_code=supplier_code)
    return _again(_mail(_supplier(supplier_code), mail_id), links)


class _Links:
    """Addresses within a practice's or a supplier's mailbox."""

    def __init__(self, side: str, **place: str) -> None:
        self._side = side
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


def _practice(code: str) -> Mailbox:
    practice = access.practice(code, Right.ORDER)
    # A colleague limited to some clinics sees what came to them, not what went to the others.
    limited = bool(g.membership.clinics)
    return Mailbox(
        access.person().id, practice_id=practice.id, own_only=limited, reveal=bool(demo_people())
    )


def _supplier(code: str) -> Mailbox:
    supplier = access.supplier(code, Right.FULFIL)
    return Mailbox(access.person().id, supplier_id=supplier.id, reveal=bool(demo_people()))


def _mail(mailbox: Mailbox, mail_id: int) -> Mail:
    return queries.mail(mailbox, mail_id) or abort(404)


def _list(mailbox: Mailbox, links: _Links) -> str:
    show = request.args.get("show")
    only_set_aside = show == "set-aside"
    before = request.args.get("before", type=int)
    mails, more = queries.mails(mailbox, before, only_set_aside=only_set_aside)
    return render_template(
        "mailbox/index.html",
        mails=mails,
        mailbox=mailbox,
        links=links,
        waiting=queries.waiting(mailbox),
        set_aside=queries.set_aside(mailbox),
        only_set_aside=only_set_aside,
        next_url=links.mailbox(before=more, show=show) if more else None,
        mail_is_sent=bool(current_app.config["MAIL_URL"]),
        kinds=_kind_names(),
        timezone=_timezone(),
    )


def _show(mail: Mail, links: _Links) -> str:
    return render_template(
        "mailbox/mail.html",
        mail=mail,
        links=links,
        as_text=request.args.get("as") == "text",
        height=frame_height(mail.text),
        address_now=_address_now(mail),
        timezone=_timezone(),
    )


def _again(mail: Mail, links: _Links) -> BaseResponse:
    address = _address_now(mail)
    try:
        with transaction():
            send_again(mail, address, actor=access.actor(), now=clock.now())
        flash(_("It is sent again, to %(address)s.", address=shown(address)), "success")
    except Refusal as refusal:
        flash(str(refusal), "error")
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
