"""The WSGI entry point."""

from supply import create_app

app = create_app()
