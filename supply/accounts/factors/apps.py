"""Apps that show a code: setting one up, and taking a code of it once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyotp
import segno
import sqlalchemy as sa
from flask_babel import gettext as _
from markupsafe import Markup

from supply.accounts.factors import boxes, rules, services
from supply.accounts.factors.models import AuthenticatorApp
from supply.accounts.factors.queries import apps_of
from supply.accounts.models import Person
from supply.actor import Actor
from supply.db import db
from supply.refusals import InvalidInput

ISSUER = "Supply"


class UsedAlready(InvalidInput):
    """A code is good once."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an app is given: the picture it scans, the key to type, the address behind both."""

    key: str
    uri: str

    @property
    def picture(self) -> Markup:
        """The QR code as SVG without a style of its own."""
        code = segno.make(self.uri, error="m", micro=False)
        drawn = code.svg_inline(omitsize=True, border=3, light="#fff", svgclass="qr", lineclass="")
        return Markup(drawn)  # noqa: S704 - made of our own address alone

    @property
    def spaced(self) -> str:
        """The key in groups, as it is typed best."""
        return " ".join(self.key[at : at + 4] for at in range(0, len(self.key), 4))


def new_secret() -> str:
    """Return a secret for an app: 160 bits, as text that people can type."""
    return pyotp.random_base32()


def set_up(person: Person, secret: str) -> SetUp:
    """Return what ``person`` gives an app to keep ``secret``."""
    return SetUp(secret, pyotp.TOTP(secret).provisioning_uri(name=person.email, issuer_name=ISSUER))


def add_app(
    person: Person, secret: str, *, name: str, code: str, actor: Actor, now: dt.datetime
) -> services.Added:
    """Give the person an app that shows ``code`` now. Locks the person.

    Raises InvalidInput for another code; where the clock of the phone is wrong it says so.
    """
    services.lock(person)
    kept = services.name_of(name, _("Authenticator app"))
    digits = rules.code_typed(code)
    step = rules.step_of(secret, digits, now) if digits else None
    if step is None:
        raise InvalidInput(("code", _why_wrong(person.id, secret, digits, now)))
    app = AuthenticatorApp(
        person_id=person.id,
        name=kept,
        sealed_secret=boxes.closed(secret),
        last_step=step,
        created_at=now,
    )
    return services.add(person, app, actor=actor, now=now)


def take_code(person_id: int, digits: str, now: dt.datetime) -> bool:
    """Take a code that one of the person's apps shows now; return whether one does.

    Raises UsedAlready for a code that was taken before: of two who try at once, one is let in.
    """
    for app in apps_of(person_id):
        secret = boxes.opened(app.sealed_secret)
        step = rules.step_of(secret, digits, now) if secret else None
        if step is None:
            continue
        if _claim(app.id, step, now):
            return True
        message = _("This code was used already. Wait until your app shows the next one.")
        raise UsedAlready(("code", message))
    return False


def is_readable(app: AuthenticatorApp) -> bool:
    """Return whether codes of ``app`` can still be checked: its secret opens with our key."""
    return boxes.opened(app.sealed_secret) is not None


def _claim(app_id: int, step: int, now: dt.datetime) -> bool:
    """Write down that a code of ``step`` was taken, if none of it or a later one was."""
    taken = db.session.execute(
        sa.update(AuthenticatorApp)
        .where(AuthenticatorApp.id == app_id, AuthenticatorApp.last_step < step)
        .values(last_step=step, last_used_at=now)
        .returning(AuthenticatorApp.id)
    ).scalar_one_or_none()
    return taken is not None


def _shown_by(person_id: int, digits: str, now: dt.datetime) -> AuthenticatorApp | None:
    """Return the app of the person that shows ``digits`` now, and is set up already."""
    for app in apps_of(person_id):
        secret = boxes.opened(app.sealed_secret)
        if secret and rules.step_of(secret, digits, now) is not None:
            return app
    return None


def _why_wrong(person_id: int, secret: str, digits: str | None, now: dt.datetime) -> str:
    if digits is None:
        return str(_("Enter the six digits that the app shows."))
    already = _shown_by(person_id, digits, now)
    if already is not None:
        message = _(
            "This is the code of %(name)s, which is set up already. To add another, scan the "
            "picture above with it.",
            name=already.name,
        )
        return str(message)
    if rules.is_of_wrong_clock(secret, digits, now):
        return str(
            _(
                "This code is of another time: let the phone set its clock by itself, "
                "then enter the code it shows."
            )
        )
    return str(_("The app shows another code. Enter the one it shows now."))
