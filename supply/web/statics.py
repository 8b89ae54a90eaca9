"""Static files: their addresses change with their content, so that browsers may keep them.

Every address begins with a fingerprint of the whole folder. That keeps the imports of scripts
relative, and leaves nothing to be made before a checkout can be served: a changed file is a new
fingerprint at the next start.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, current_app, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as AnyResponse
from whitenoise.compress import Compressor

from supply.extensions import compress

PREFIX: Final = "/static/"
YEAR_SECONDS: Final = 31_536_000
IMMUTABLE: Final = f"public, max-age={YEAR_SECONDS}, immutable"
UNSERVED: Final = "fonts"
"""A folder for documents made here, not for browsers."""

blueprint = Blueprint("statics", __name__)


def fingerprint(folder: Path) -> str:
    """Return a short hash of the names and contents of all files below ``folder``."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def static_url_path(folder: Path) -> str:
    """Return where the files of ``folder`` are served: below their fingerprint."""
    return PREFIX + fingerprint(folder)


def compressed(folder: Path, kept_in: Path) -> Path:
    """Return a copy of ``folder`` in ``kept_in`` whose files have ``.br`` and ``.gz`` beside them.

    It is made once for each fingerprint, and appears whole or not at all: of workers that start
    together one is the first, and the others find its copy. Where nothing may be written the
    folder itself is returned.
    """
    target = kept_in / fingerprint(folder)
    if target.is_dir():
        return target
    try:
        kept_in.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept_in, ignore_cleanup_errors=True) as work:
            made = Path(work) / "files"
            shutil.copytree(folder, made, ignore=shutil.ignore_patterns(UNSERVED))
            _compress_all(made)
            made.rename(target)
    except OSError:
        return target if target.is_dir() else folder
    return target


def _compress_all(folder: Path) -> None:
    compressor = Compressor(quiet=True)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if compressor.should_compress(path.name):
            compressor.compress(str(path))


def install(app: Flask) -> None:
    """Let browsers keep static files for a year, and send pages compressed."""
    app.config.setdefault("COMPRESS_MIMETYPES", ["text/html"])
    app.config.setdefault("COMPRESS_ALGORITHM", ["br", "gzip"])
    app.config.setdefault("COMPRESS_LEVEL", 5)
    app.register_blueprint(blueprint)
    app.after_request(_keep)
    compress.init_app(app)


@blueprint.get("/static/<path:filename>")
def other(filename: str) -> AnyResponse:
    """Lead an address without today's fingerprint to today's file; 404 if there is none.

    A page may outlive the server that made it; and while servers are changed one by one, an old
    one is asked for files by the fingerprint of a new one.
    """
    for name in (filename, filename.partition("/")[2]):
        path = safe_join(str(current_app.static_folder), name) if name else None
        if path is not None and os.path.isfile(path):  # noqa: PTH113 - false for a name too long
            answer = redirect(url_for("static", filename=name))
            answer.headers["Cache-Control"] = "no-store"
            return answer
    raise NotFound


def _keep(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in (200, 206, 304):
        response.headers["Cache-Control"] = IMMUTABLE
    return response
