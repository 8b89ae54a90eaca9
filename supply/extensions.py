"""Flask extensions, made once and bound to the application in ``create_app``."""

from __future__ import annotations

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_talisman import Talisman
from flask_wtf import CSRFProtect

from supply.db import db

__all__ = ["babel", "compress", "csrf", "db", "limiter", "login_manager", "migrate", "talisman"]

babel = Babel()
compress = Compress()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address, storage_uri="memory://")
login_manager = LoginManager()
migrate = Migrate()
talisman = Talisman()
