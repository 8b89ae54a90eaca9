"""The loggers of a clinic: listed on its page, added, changed, retired."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.coldchain import loggers, queries
from supply.coldchain.forms import LoggerForm
from supply.coldchain.models import Logger
from supply.coldchain.routes import Page, blueprint
from supply.db import db
from supply.items.queries import places
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo


@blueprint.route("/c/<clinic_code>/cold/loggers/new", methods=["GET", "POST"])
@login_required
def new_logger(clinic_code: str) -> Page:
    """Add a logger."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    asked = {
        "serial": request.args.get("serial", "")[:80],
        "location": request.args.get("location", type=int),
    }
    return _form_page(clinic, None, LoggerForm(data=asked))


@blueprint.route("/c/<clinic_code>/cold/loggers/<int:logger_id>", methods=["GET", "POST"])
@login_required
def logger(clinic_code: str, logger_id: int) -> Page:
    """Change a logger: where it is, how long its calibration holds."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    found = _logger_here(clinic, logger_id)
    data = {
        "serial": found.serial,
        "name": found.name,
        "location": found.location_id,
        "calibration": found.calibration_valid_to,
    }
    return _form_page(clinic, found, LoggerForm(data=data))


def _form_page(clinic: Clinic, found: Logger | None, form: LoggerForm) -> Page:
    form.location.choices = [(place.id, place.name) for place in places(clinic)]
    now, logger_id = clock.now(), found.id if found else None

    def work() -> dict[str, Any]:
        row = _logger_here(clinic, logger_id) if logger_id else None
        change = loggers.LoggerChange(
            text(form.serial),
            queries.location_here(clinic, form.location.data),
            text(form.name),
            form.calibration.data,
        )
        kept = loggers.save_logger(clinic, row, change, actor=access.actor(), now=now)
        return {"logger": kept.id}

    if saved_once(form, work, now):
        flash(_("Saved."), "success")
        return redirect(url_for(".index", clinic_code=clinic.code))
    page = render_template("coldchain/logger.html", clinic=clinic, logger=found, form=form)
    return page, status_of(form)


@blueprint.post("/c/<clinic_code>/cold/loggers/<int:logger_id>/retire")
@login_required
def retire(clinic_code: str, logger_id: int) -> Page:
    """Say that a logger is in use no more."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    serial, now = _logger_here(clinic, logger_id).serial, clock.now()

    def work() -> dict[str, Any]:
        row = _logger_here(clinic, logger_id)
        loggers.retire_logger(row, actor=access.actor(), now=now)
        return {"logger": logger_id}

    if done_once(work, now):
        undo = url_for(".restore", clinic_code=clinic.code, logger_id=logger_id)
        flash_undo(_("Logger %(serial)s is retired.", serial=serial), undo)
    return redirect(url_for(".index", clinic_code=clinic.code))


@blueprint.post("/c/<clinic_code>/cold/loggers/<int:logger_id>/restore")
@login_required
def restore(clinic_code: str, logger_id: int) -> Page:
    """Take a retired logger back into use."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    _logger_here(clinic, logger_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        row = _logger_here(clinic, logger_id)
        loggers.restore_logger(row, actor=access.actor(), now=now)
        return {"logger": logger_id}

    if done_once(work, now):
        flash(_("Back in use."), "success")
    return redirect(url_for(".index", clinic_code=clinic.code))


def _logger_here(clinic: Clinic, logger_id: int) -> Logger:
    found = db.session.get(Logger, logger_id)
    if found is None or found.clinic_id != clinic.id:
        raise NotFoundHereError(str(logger_id))
    return found
