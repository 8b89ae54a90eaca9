"""The checkout in a browser: one button for each way it can end."""

from __future__ import annotations

from html import escape
from typing import Final, get_args
from urllib.parse import parse_qs

from tests.support.stripe_standin.amounts import written
from tests.support.stripe_standin.answering import Reply
from tests.support.stripe_standin.books import Object
from tests.support.stripe_standin.paying import Card, NotOpenError
from tests.support.stripe_standin.standin import StripeStandin

PREFIX: Final = "/c/pay/"

_BUTTONS: Final[dict[Card, str]] = {
    "ok": "Pay",
    "3ds_ok": "Pay, after asking the bank",
    "declined": "Try a card that is declined",
    "3ds_abandoned": "Give up at the bank",
    "delayed": "Pay by a debit that takes days",
}


def visit(standin: StripeStandin, method: str, path: str, encoded: str) -> Reply:
    """Show the page of a session, or let the person do what the pressed button says."""
    session_id = path.removeprefix(PREFIX)
    try:
        session = standin.object(session_id)
    except KeyError:
        return _page(404, "Nothing is here", "")
    pressed = parse_qs(encoded).get("card", [""])[0]
    if method == "POST" and pressed in get_args(Card):
        return _press(standin, session, pressed)  # type: ignore[arg-type]
    return _show(session)


def _press(standin: StripeStandin, session: Object, card: Card) -> Reply:
    try:
        sent_to = standin.pay(session["id"], card=card)
    except NotOpenError:
        return _show(session)
    if sent_to is None:
        return _show(session, "The payment did not go through. Try again.")
    return Reply(303, b"", {"Location": sent_to})


def _show(session: Object, said: str = "") -> Reply:
    if session["status"] != "open":
        return _page(200, "This page is closed", f"<p>The session is {session['status']}.</p>")
    buttons = "".join(
        f'<p><button name="card" value="{card}">{words}</button></p>'
        for card, words in _BUTTONS.items()
    )
    back = session["cancel_url"]
    link = f'<p><a href="{escape(back)}">Back</a></p>' if back else ""
    message = f'<p role="alert">{said}</p>' if said else ""
    title = f"Pay {written(session['amount_total'], session['currency'])}"
    return _page(200, title, f'{message}<form method="post">{buttons}</form>{link}')


def _page(status: int, title: str, content: str) -> Reply:
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title></head><body><main><h1>{title}</h1>{content}</main></body></html>"
    )
    return Reply(status, body.encode(), {"Content-Type": "text/html; charset=utf-8"})
