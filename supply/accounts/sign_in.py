"""Signing in, and what every way in does: a session begins, the device is known from then on.

How many wrong tries there may be is reasoned in docs/adr/0022.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.accounts import devices, passwords, sessions, throttle
from supply.accounts.factors.queries import has_any
from supply.accounts.homes import note_person
from supply.accounts.mail import send_notice
from supply.accounts.models import Person
from supply.accounts.queries import demo_people, person_with_email
from supply.accounts.sessions import Origin
from supply.accounts.terms import Notice
from supply.accounts.throttle import DAY, HOUR, QUARTER, Limit, network_of
from supply.accounts.tokens import secret_hash
from supply.accounts.user_agents import browser_of
from supply.actor import Actor
from supply.addresses import counted_as
from supply.db import db, transaction
from supply.refusals import Refusal

PER_PLACE = 10
"""Wrong tries in a quarter of an hour for one e-mail: from one place on the network, …"""
PER_PLACE_A_DAY = 40
PER_DEVICE = 10
"""… or on a device known to its person, which has tries of its own."""
PER_DEVICE_A_DAY = 40
PER_EMAIL = 100
"""Wrong tries in an hour for one e-mail on unknown devices anywhere: ten networks' worth."""
PER_EMAIL_A_DAY = 500
PER_NETWORK = 100
"""Wrong tries in a quarter of an hour from one network at people who never signed in from it."""
NOTED_UNKNOWN = 20
"""Tries in a quarter of an hour from one network, at e-mails nobody has, that the audit keeps."""


class WrongSignIn(Refusal):
    """The e-mail, the password or both are wrong; which one is not said."""


class TooManyTries(Refusal):
    """The count of tries is used up for now."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What someone typed, from where, and the secret in the device's cookie if it has one."""

    email: str
    password: str
    origin: Origin
    device: str | None = None

    @property
    def network(self) -> str:
        """The place on the network it comes from."""
        return network_of(self.origin.address)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the browser is given when someone has come in: both secrets are kept there alone."""

    person: Person
    session_secret: str
    device_secret: str
    remembered: bool


@dataclass(frozen=True, slots=True)
class Half:
    """The first step is done and nobody is in: the second is asked. It goes into the browser.

    ``stamp`` says by which password: with another one the first step must be done again.
    """

    person_id: int
    stamp: str
    remembered: bool


def sign_in(attempt: Attempt, now: dt.datetime, *, remembered: bool = False) -> Opened | Half:
    """Let the person in that the attempt is right for, counting it if it is wrong.

    Who has a second step is asked for it first. Opens its own transactions, so that no lock is
    held while the password is hashed. Raises TooManyTries or WrongSignIn.
    """
    person = person_with_email(attempt.email)
    limits = _limits(attempt, person, now)
    with transaction():
        within = throttle.claim(limits, now)
    if not within:
        raise TooManyTries(
            _(
                "Too many tries from here. Try again later, or choose a new password: "
                "the link we mail you lets you in at once."
            )
        )
    right = passwords.matches(attempt.password, person.password_hash if person else None)
    if person is None or not right or not person.is_active:
        with transaction():
            _note_failure(attempt, person, now)
        raise WrongSignIn(_("The e-mail or the password is wrong."))
    kept = person.password_hash or ""
    renewed = passwords.hashed(attempt.password) if passwords.is_outdated(kept) else kept
    with transaction():
        throttle.release(limits, now)
        person.password_hash = renewed
        return let_in(person, attempt.origin, attempt.device, now, remembered=remembered)


def sign_in_to_demo(
    email: str, origin: Origin, device: str | None, now: dt.datetime
) -> Opened | None:
    """Let the demo's person with ``email`` in; None unless this database is a demonstration."""
    with transaction():
        person = next((one for one in demo_people() if one.email == email), None)
        if person is None:
            return None
        # Anyone may act as these people: a step that one visitor set up keeps no other out.
        return open_for(person, origin, device, now, quiet=True, proof="demonstration")


def let_in(
    person: Person,
    origin: Origin,
    device: str | None,
    now: dt.datetime,
    *,
    remembered: bool = False,
    quiet: bool = False,
) -> Opened | Half:
    """Begin a session of ``person``, or ask for the second step where they have one."""
    db.session.flush()
    if not has_any(person.id):
        return open_for(person, origin, device, now, remembered=remembered, quiet=quiet)
    actor = Actor(person.id, origin.address)
    note_person(actor, "person.second_step_asked", person.id, now)
    return Half(person.id, _stamp(person), remembered)


def person_half_in(half: Half) -> Person | None:
    """Return who did the first step, if the second is still to be done.

    Nobody where the password is another by now, or a second step is no longer asked: then one
    begins anew.
    """
    person = db.session.get(Person, half.person_id)
    if person is None or not person.is_active or _stamp(person) != half.stamp:
        return None
    return person if has_any(person.id) else None


def open_for(
    person: Person,
    origin: Origin,
    device: str | None,
    now: dt.datetime,
    *,
    remembered: bool = False,
    quiet: bool = False,
    proof: str | None = None,
) -> Opened:
    """Begin a session of ``person``, however they proved who they are.

    ``proof`` is what they gave besides a password, or instead of it. They hear of it by mail where
    it is a device that is new at a place that is new, unless ``quiet``; not at their first
    sign-in, and not each time a phone changes its network.
    """
    db.session.flush()
    known = devices.is_known(person.id, device, now)
    strange = not known and not sessions.is_familiar(person.id, origin)
    tell = strange and not quiet and devices.has_any(person.id)
    secret = sessions.begin(
        person, origin, remembered=remembered, second_step=proof is not None, now=now
    )
    fresh = devices.remember(person.id, device, now)
    actor = Actor(person.id, origin.address)
    after = {"known_device": known, **({"proof": proof} if proof else {})}
    note_person(actor, "person.signed_in", person.id, now, after=after)
    if tell:
        what = browser_of(origin.user_agent)
        send_notice(person, Notice.NEW_DEVICE, now, address=origin.address, what=what)
    return Opened(person, secret, fresh, remembered)


def forget_tries(person: Person, origin: Origin) -> None:
    """Let ``person``, who proved who they are in another way, sign in with a clean slate."""
    email = counted_as(person.email)
    throttle.forget([*_of_email(email), *_of_place(email, network_of(origin.address))])


def _stamp(person: Person) -> str:
    return secret_hash(person.password_hash or "")[:16]


def _limits(attempt: Attempt, person: Person | None, now: dt.datetime) -> list[Limit]:
    """Return what the try counts for; nothing tells whether someone has the e-mail."""
    email = counted_as(attempt.email)
    person_id = person.id if person is not None else 0
    known = devices.tries_key(person_id, attempt.device, now)
    if known is not None:
        return [
            Limit("sign-in device", known, PER_DEVICE, QUARTER),
            Limit("sign-in device", known, PER_DEVICE_A_DAY, DAY),
        ]
    limits = [*_of_email(email), *_of_place(email, attempt.network)]
    if not sessions.is_familiar(person_id, attempt.origin):
        limits.append(_of_network(attempt.network))
    return limits


def _of_place(email: str, network: str) -> list[Limit]:
    subject = f"{email} {network}"
    return [
        Limit("sign-in place", subject, PER_PLACE, QUARTER),
        Limit("sign-in place", subject, PER_PLACE_A_DAY, DAY),
    ]


def _of_email(email: str) -> list[Limit]:
    return [
        Limit("sign-in e-mail", email, PER_EMAIL, HOUR),
        Limit("sign-in e-mail", email, PER_EMAIL_A_DAY, DAY),
    ]


def _of_network(network: str) -> Limit:
    return Limit("sign-in network", network, PER_NETWORK, QUARTER)


def _note_failure(attempt: Attempt, person: Person | None, now: dt.datetime) -> None:
    """Write the failure down; for an e-mail nobody has, neither it nor more than a few.

    Such a try has guessed at nobody: the network's colleagues have it back.
    """
    actor = Actor(None, attempt.origin.address)
    if person is None:
        throttle.release([_of_network(attempt.network)], now)
        noted = Limit("sign-in noted", attempt.network, NOTED_UNKNOWN, QUARTER)
        if not throttle.claim([noted], now):
            return
    note_person(actor, "person.sign_in_failed", person.id if person is not None else None, now)
