"""A template of the tests' own, and mails queued with it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from supply.db import transaction
from supply.outbox.models import Mail
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind
from tests.factories import NOW

Queue = Callable[..., int]

LETTER = {
    "email/letter/subject.txt": "News of {{ topic }}\n",
    "email/letter/body.txt": "{% extends 'email/base.txt' %}"
    "{% block sentence %}{{ subject }}.{% endblock %}{% block footer %}Bye{% endblock %}",
    "email/letter/body.html": "<p>{{ subject }}</p>",
}


def add_letter_template(app: Flask) -> None:
    """Give ``app`` the template "letter", which takes a ``topic``."""
    app.jinja_env.loader = ChoiceLoader([DictLoader(LETTER), app.jinja_env.loader])  # type: ignore[list-item]


@pytest.fixture
def queue(app: Flask) -> Queue:
    """Queue and commit a letter; returns its id."""
    add_letter_template(app)

    def queue_letter(topic: str = "biotin", now: dt.datetime = NOW, **values: Any) -> int:
        values = {"to_address": "anna@example.org", "to_name": "Anna", **values}
        with transaction():
            mail: Mail = enqueue(
                values.pop("kind", MailKind.ORDER_NEWS),
                template="letter",
                context={"topic": topic},
                now=now,
                **values,
            )
            return mail.id

    return queue_letter
