"""Configuration, read from the environment once at start."""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from supply.accounts.rules import Lifetime, Lifetimes

ROOT = Path(__file__).resolve().parent.parent
"""The checkout: templates, static files and migrations lie beside the package."""

TRANSLATIONS = ROOT / "supply" / "translations"
"""A folder a language: what translators write (``messages.po``) and what set-up makes of it."""


def from_environment(environ: Mapping[str, str], instance: Path) -> dict[str, object]:
    """Return the Flask configuration that ``environ`` asks for.

    ``instance`` is the folder for what the installation keeps beside the
    database: the SQLite file and the secret key made at first start.
    """
    public_url = environ.get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT', '8000')}"
    secure = urlsplit(public_url).scheme == "https"
    # A browser takes a cookie of such a name from this very host only, and only over TLS.
    prefix = "__Host-" if secure else ""
    return {
        "SQLALCHEMY_DATABASE_URI": _database_url(environ, instance),
        "SECRET_KEY": environ.get("SECRET_KEY") or _kept_secret(instance / "secret_key"),
        "MAIL_URL": environ.get("MAIL_URL", "").strip(),
        "MAIL_FROM": environ.get("MAIL_FROM", "").strip() or "Supply <supply@localhost>",
        **_stripe(environ),
        "LOG_FORMAT": environ.get("LOG_FORMAT", "logfmt"),
        "PUBLIC_URL": public_url.rstrip("/"),
        "SECURE_COOKIES": secure,
        "SESSION_LIFETIMES": _lifetimes(environ),
        "SESSION_COOKIE_NAME": f"{prefix}session",
        "REMEMBER_COOKIE_NAME": f"{prefix}remember_token",
        "DEVICE_COOKIE_NAME": f"{prefix}device",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": secure,
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "en",
        "BABEL_TRANSLATION_DIRECTORIES": str(TRANSLATIONS),
    }


def _database_url(environ: Mapping[str, str], instance: Path) -> str:
    return environ.get("DATABASE_URL") or f"sqlite:///{instance / 'supply.sqlite3'}"


def _stripe(environ: Mapping[str, str]) -> dict[str, object]:
    """Return how cards are taken: not at all without a key.

    Raises ValueError for a key that is none, and for a base address that is not one.
    """
    key = environ.get("STRIPE_SECRET_KEY", "").strip()
    if key and not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        raise ValueError("STRIPE_SECRET_KEY must be a secret or restricted key: sk_… or rk_…")
    base = environ.get("STRIPE_API_BASE", "").strip().rstrip("/")
    if base and urlsplit(base).scheme not in ("http", "https"):
        raise ValueError(f"STRIPE_API_BASE must be an address, not {base!r}")
    secrets_given = environ.get("STRIPE_WEBHOOK_SECRET", "").replace(",", " ").split()
    return {
        "STRIPE_SECRET_KEY": key,
        "STRIPE_WEBHOOK_SECRETS": tuple(secrets_given),
        "STRIPE_API_BASE": base,
    }


def _lifetimes(environ: Mapping[str, str]) -> Lifetimes:
    """Return how long sessions last. Raises ValueError for what is not a whole number above 0."""
    return Lifetimes(
        plain=Lifetime(
            idle=dt.timedelta(hours=_whole(environ, "SESSION_IDLE_HOURS", 8)),
            whole=dt.timedelta(days=_whole(environ, "SESSION_DAYS", 7)),
        ),
        remembered=Lifetime(
            idle=dt.timedelta(days=_whole(environ, "REMEMBER_IDLE_DAYS", 30)),
            whole=dt.timedelta(days=_whole(environ, "REMEMBER_DAYS", 180)),
        ),
    )


def _whole(environ: Mapping[str, str], name: str, default: int) -> int:
    written = environ.get(name) or str(default)
    if not (written.isascii() and written.isdecimal() and 1 <= int(written) <= 3650):
        raise ValueError(f"{name} must be a whole number from 1 to 3650, not {written!r}")
    return int(written)


def _kept_secret(path: Path) -> str:
    """Return the secret in ``path``, made there first if absent; only the owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        secret = secrets.token_hex(32)
        file.write(secret)
    return secret
