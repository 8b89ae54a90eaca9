"""What pages opened by a key from a mail have in common: who is let in, what others are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol, TypeVar

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _

from supply.accounts.throttle import QUARTER, Limit, claim, network_of
from supply.db import transaction

PER_NETWORK = 120
"""Times a quarter of an hour that such pages are asked for from one place on the network."""


class Ending(Protocol):
    """A link that is good for a while."""

    def has_ended(self, now: dt.datetime) -> bool:
        """Return whether it is too old at ``now``."""
        ...


Link = TypeVar("Link", bound=Ending)


def admitted(
    token: str, link_behind: Callable[[str], Link | None], now: dt.datetime, *, instead: str
) -> Link | Response:
    """Return what the key ``token`` says, or the page that says why it opens nothing.

    ``instead`` says what to do where the link is too old. Counts one try; commits it.
    """
    with transaction():
        limit = Limit("answer", network_of(request.remote_addr or ""), PER_NETWORK, QUARTER)
        if not claim([limit], now):
            text = _("Wait a quarter of an hour, then try again.")
            return _gone(_("Too many at once"), text, 429)
    link = link_behind(token)
    if link is None:
        text = _("Open it from the mail again, whole: it may have been cut where a line ends.")
        return _gone(_("This link is not one of ours"), text, 404)
    if link.has_ended(now):
        return _gone(_("This link is too old"), instead, 410)
    return link


def private(page: str, status: int = 200) -> Response:
    """Return ``page``, kept out of search engines.

    Where it leads on to hears nothing of its address: that is so of every page.
    """
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _gone(heading: str, text: str, status: int) -> Response:
    return private(render_template("web/link_gone.html", heading=heading, text=text), status)
