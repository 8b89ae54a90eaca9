"""Reading codes without a scanner: the camera's dialog, and a photo sent to the server."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user, login_required
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from supply.refusals import Refusal
from supply.scanning import photos, seen
from supply.scanning.forms import PhotoForm
from supply.scanning.routes import Page, blueprint
from supply.scanning.seen import Seen
from supply.web import access
from supply.web.forms import show, text
from supply.web.paths import own_path
from supply.web.requests import SentValues

PHOTO_OF = "photo_of_"
"""Before a field's name: a photo of the code meant for it, sent with the rest of its form."""

FIELD = re.compile(r"[\w-]{1,40}")


@blueprint.get("/scan/photo")
@login_required
def photo() -> Page:
    """Show the form for a photo; the camera's dialog is taken from this page too."""
    form = PhotoForm(formdata=None, data=request.args)
    return _page(form)


@blueprint.post("/scan/photo")
@login_required
def read_photo() -> Page:
    """Read the codes on a photo: lead back with the only one, or ask which; scripts get JSON."""
    form = PhotoForm()
    try:
        found = seen.told(_codes_on(request.files.get("photo")), access.today())
    except Refusal as refusal:
        if _wants_json():
            return jsonify(problem=str(refusal)), 400
        show(form, refusal)
        return _page(form), 400
    if _wants_json():
        return _as_json(found)
    onward = own_path(text(form.next))
    if onward and len(found) == 1 and FIELD.fullmatch(text(form.field)):
        return redirect(_with(onward, text(form.field), found[0].text))
    return _page(form, found)


@blueprint.post("/scan/read")
@login_required
def read() -> Response:
    """Say what codes seen together mean, and which of them a person has to choose from."""
    texts = [code[: photos.LONGEST_CODE] for code in request.form.getlist("code")]
    return _as_json(seen.told(texts[: photos.MOST_CODES], access.today()))


@blueprint.before_app_request
def _read_photos_in_forms() -> None:
    """Put what a photo in a form shows into the field it is meant for: no scripts are needed.

    What else was typed into the form goes on with it, so that nothing is lost.
    """
    if request.mimetype != "multipart/form-data" or not current_user.is_authenticated:
        return
    for name, file in request.files.items():
        if name.startswith(PHOTO_OF) and file.filename:
            _put(name.removeprefix(PHOTO_OF), file)


def _put(field: str, file: FileStorage) -> None:
    try:
        found = seen.told(_codes_on(file), access.today())
    except Refusal as refusal:
        flash(str(refusal), "error")
        return
    if len(found) > 1:
        flash(_("Several codes are on this photo. Take one of the code that is meant."), "error")
        return
    kept = [pair for pair in request.form.items(multi=True) if pair[0] not in (field, "do")]
    request.__dict__["form"] = SentValues([*kept, (field, found[0].text)])


def _codes_on(file: FileStorage | None) -> list[str]:
    return photos.codes_on(file.read(photos.LARGEST + 1) if file else b"")


def _page(form: PhotoForm, found: list[Seen] | None = None) -> str:
    onward, field = own_path(text(form.next)), text(form.field)
    usable = onward is not None and FIELD.fullmatch(field) is not None
    return render_template(
        "scanning/photo.html",
        form=form,
        back=onward,
        found=[
            (one.said, _with(onward or "", field, one.text) if usable else None)
            for one in found or []
        ],
    )


def _with(path: str, field: str, code: str) -> str:
    """Return an address of ours with ``code`` in one of its fields, from the first page on."""
    parts = urlsplit(path)
    kept = [pair for pair in parse_qsl(parts.query) if pair[0] not in (field, "page", "start")]
    return f"{parts.path}?{urlencode([*kept, (field, code)])}"


def _wants_json() -> bool:
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == (
        "application/json"
    )


def _as_json(found: list[Seen]) -> Response:
    codes: list[dict[str, Any]] = [{"text": one.text, "said": one.said} for one in found]
    return jsonify(codes=codes)
