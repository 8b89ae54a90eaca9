"""A form that is sent: checked, its work done in one transaction, and a refusal shown on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import flash
from flask_wtf import FlaskForm

from supply.db import transaction
from supply.refusals import Refusal
from supply.web.forms import show
from supply.web.once import once


def saved(form: FlaskForm, work: Callable[[], object]) -> bool:
    """Return whether ``form`` was sent, is sound, and its ``work`` was done.

    If not, the form says what is wrong, and nothing is changed: show its page again.
    """
    return _accepted(form, lambda: {"done": _in_one_transaction(work)}) is not None


def saved_once(
    form: FlaskForm, work: Callable[[], dict[str, Any]], now: dt.datetime
) -> dict[str, Any] | None:
    """Do as :func:`saved`, once however often the form is sent; return what was first answered."""
    return _accepted(form, lambda: once(work, now))


def done(work: Callable[[], object]) -> bool:
    """Return whether ``work`` was done in one transaction; a refusal is told on the next page."""
    return _told(lambda: {"done": _in_one_transaction(work)}) is not None


def done_once(work: Callable[[], dict[str, Any]], now: dt.datetime) -> dict[str, Any] | None:
    """Do as :func:`done`, once however often it is sent; return what was first answered."""
    return _told(lambda: once(work, now))


def _told(work: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return work()
    except Refusal as refusal:
        flash(str(refusal), "error")
        return None


def _accepted(form: FlaskForm, work: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    if not form.validate_on_submit():
        return None
    try:
        return work()
    except Refusal as refusal:
        show(form, refusal)
        return None


def _in_one_transaction(work: Callable[[], object]) -> object:
    with transaction():
        return work()
