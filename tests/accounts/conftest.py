"""Sign-in is tested with a small cast."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.cast import Cast, make_cast


@pytest.fixture
def cast(app: Flask) -> Cast:
    """An owner, a colleague, an outsider; a supplier's admin and packer."""
    return make_cast()
