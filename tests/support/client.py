"""A test client whose requests stand alone, as those of a real server do."""

from typing import Any

from flask import has_app_context
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supply.extensions import db


class SeparateRequestsClient(FlaskClient):
    """Gives each request its own application context and database session.

    Flask lets a request share the context a test has pushed, and with it the signed-in person
    and the session's unsaved objects: faults that only show in production would stay hidden.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request. The test's own transaction ends first and its objects are reloaded.

        Raises AssertionError when the test has changes it did not commit: no request could see
        them.
        """
        if has_app_context():
            session = db.session
            unsaved = [*session.new, *session.dirty, *session.deleted]
            assert not unsaved, f"commit before a request: {unsaved}"
            session.rollback()
        kwargs.setdefault("buffered", True)
        with self.application.app_context():
            return super().open(*args, **kwargs)
