"""Which mails one gets: chosen on a page of one's account, or stopped from a mail itself."""

from __future__ import annotations

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Person
from supply.actor import Actor
from supply.alerts import choices
from supply.alerts.choice_links import Link, link_behind
from supply.alerts.choices import Topic
from supply.alerts.routes import blueprint
from supply.db import db, transaction
from supply.extensions import csrf
from supply.web import access, by_key


@blueprint.get("/account/mails")
@login_required
def mails() -> str:
    """Show which mails one gets."""
    refused = choices.refused_by(access.person().id)
    return render_template("alerts/mails.html", topics=choices.topics(), refused=refused)


@blueprint.post("/account/mails")
@login_required
def choose_mails() -> AnyResponse:
    """Keep which mails one wants: those that are ticked."""
    wanted = set(request.form.getlist("wanted"))
    refused = [topic.word for topic in choices.topics() if topic.word not in wanted]
    with transaction():
        choices.choose(access.person().id, refused, actor=access.actor(), now=clock.now())
    flash(_("Saved."), "success")
    return redirect(url_for(".mails"))


@blueprint.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> Response:
    """Ask whether to stop a kind of mail. Opening it changes nothing: programs follow links."""
    g.standing_alone = True
    link = _admitted(token)
    return link if isinstance(link, Response) else _page(token, link)


@csrf.exempt  # The link is signed; mail programs post it by themselves (RFC 8058).
@blueprint.post("/unsubscribe/<token>")
def stop_mails(token: str) -> Response:
    """Stop a kind of mail to who the link was sent to, or send them again."""
    g.standing_alone = True
    link = _admitted(token)
    if isinstance(link, Response):
        link.status_code = 400 if link.status_code == 404 else link.status_code
        return link
    work = choices.take_back if request.form.get("do") == "again" else choices.refuse
    actor = Actor(link.person_id, request.remote_addr)
    with transaction():
        work(link.person_id, link.topic, actor=actor, now=clock.now())
    return _page(token, link)


def _admitted(token: str) -> Link | Response:
    return by_key.admitted(token, _link_to_something, clock.now(), instead="")


def _link_to_something(token: str) -> Link | None:
    link = link_behind(token)
    return link if link is not None and choices.topic_named(link.topic) else None


def _page(token: str, link: Link) -> Response:
    person = db.session.get_one(Person, link.person_id)
    page = render_template(
        "alerts/unsubscribe.html",
        token=token,
        topic=_topic(link),
        email=person.email,
        stopped=link.topic in choices.refused_by(person.id),
    )
    return by_key.private(page)


def _topic(link: Link) -> Topic:
    topic = choices.topic_named(link.topic)
    if topic is None:
        raise LookupError(link.topic)
    return topic
