"""Secrets that must be read again, encrypted: a copy of the database alone opens none of them."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

_PURPOSE = b"supply: secrets of authenticator apps"


def closed(secret: str) -> str:
    """Return ``secret`` encrypted with the installation's key."""
    return _box().encrypt(secret.encode()).decode()


def opened(box: str) -> str | None:
    """Return what was encrypted; None where the installation's key is another one now."""
    try:
        return _box().decrypt(box.encode()).decode()
    except InvalidToken:
        return None


def _box() -> Fernet:
    master = str(current_app.config["SECRET_KEY"]).encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(master)
    return Fernet(base64.urlsafe_b64encode(key))
