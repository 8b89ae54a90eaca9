"""Which mails a person wants: all of them, but for the topics they have refused.

A topic is the daily mail, the monthly summary, or a kind of alert: that one is then told neither
at once nor in the daily mail. A recall is told whatever anybody chose.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.homes import note_person
from supply.actor import Actor
from supply.alerts.kinds import by_rank
from supply.alerts.models import MailRefusal
from supply.alerts.terms import AlertKind
from supply.db import db, table, upsert

REFUSAL = table(MailRefusal)

DAILY = "digest"
MONTHLY = "summary"
ALWAYS = frozenset({AlertKind.RECALL})
"""Kinds that nobody can refuse to hear of."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What somebody may refuse: its word, its name, and what it is."""

    word: str
    label: str
    about: str
    of_daily: bool = False
    """Whether it is a part of the daily mail, and no mail of its own."""


def topics() -> list[Topic]:
    """Return what may be refused: mails of their own first, then what the daily mail names."""
    kinds = [kind for kind in by_rank() if kind.word not in ALWAYS]
    at_once = [
        Topic(kind.word.value, str(kind.label), _("At once, when it is found."))
        for kind in kinds
        if kind.at_once
    ]
    daily = Topic(DAILY, _("Daily mail"), _("What is new at a clinic, at the hour it has set."))
    monthly = Topic(
        MONTHLY, _("Monthly summary"), _("What was wasted, lost and saved at a clinic.")
    )
    named = [
        Topic(kind.word.value, str(kind.label), "", of_daily=True)
        for kind in kinds
        if not kind.at_once
    ]
    return [*at_once, daily, monthly, *named]


def topic_named(word: str) -> Topic | None:
    """Return the topic of that word; None where there is none, or nobody may refuse it."""
    return next((topic for topic in topics() if topic.word == word), None)


def refusals(person_ids: Collection[int]) -> set[tuple[int, str]]:
    """Return which people refuse mails on which topic, as (person, topic). One statement."""
    query = sa.select(REFUSAL.c.person_id, REFUSAL.c.topic).where(
        REFUSAL.c.person_id.in_(list(person_ids))
    )
    return {(row.person_id, row.topic) for row in db.session.execute(query)}


def refused_by(person_id: int) -> set[str]:
    """Return the topics that a person refuses."""
    return {topic for _person, topic in refusals([person_id])}


def choose(person_id: int, refused: Collection[str], *, actor: Actor, now: dt.datetime) -> None:
    """Make what a person refuses exactly ``refused``; what is no topic is left out."""
    before = refused_by(person_id)
    after = {topic.word for topic in topics()}.intersection(refused)
    new, gone = after - before, before - after
    if new:
        rows = [{"person_id": person_id, "topic": word, "at": now} for word in sorted(new)]
        db.session.execute(upsert(REFUSAL).on_conflict_do_nothing(), rows)
    if gone:
        theirs = sa.and_(REFUSAL.c.person_id == person_id, REFUSAL.c.topic.in_(gone))
        db.session.execute(sa.delete(REFUSAL).where(theirs))
    if new or gone:
        note_person(
            actor,
            "mails.chosen",
            person_id,
            now,
            before={"refused": sorted(before)},
            after={"refused": sorted(after)},
        )


def refuse(person_id: int, word: str, *, actor: Actor, now: dt.datetime) -> None:
    """Refuse one topic; nothing changes where that is refused already."""
    choose(person_id, {*refused_by(person_id), word}, actor=actor, now=now)


def take_back(person_id: int, word: str, *, actor: Actor, now: dt.datetime) -> None:
    """Want mails on a topic again."""
    choose(person_id, refused_by(person_id) - {word}, actor=actor, now=now)
