"""What every page shares: layout data, filters, errors, headers, access, health."""

from __future__ import annotations

from flask import Flask, Response, redirect, request, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from supply.extensions import login_manager
from supply.web import signed_in


def install(app: Flask) -> None:
    """Install filters, context, error pages, security headers and health checks."""
    from supply.web import (
        errors,
        headers,
        health,
        limits,
        locales,
        logs,
        navigation,
        statics,
        views,
    )
    from supply.web.access import can
    from supply.web.filters import register_filters
    from supply.web.icons import icon_url

    logs.install(app)
    headers.install(app)
    statics.install(app)
    errors.install(app)
    locales.install(app)
    limits.install(app)
    signed_in.install(app)
    register_filters(app)
    app.context_processor(navigation.navigation)
    app.jinja_env.globals["can"] = can
    app.jinja_env.globals["icon_url"] = icon_url
    app.register_blueprint(health.blueprint)
    app.register_blueprint(views.blueprint)
    login_manager.unauthorized_handler(_ask_to_sign_in)


def _ask_to_sign_in() -> AnyResponse:
    """Send a page to the sign-in, and back afterwards; a part of a page is told to reload.

    Who is signed in and must set up a second step first is sent there.
    """
    if request.headers.get("HX-Request"):
        return Response(str(_l("Sign in first.")), 401, {"HX-Refresh": "true"})
    wanted = request.full_path.rstrip("?") if request.method != "POST" else None
    if signed_in.is_held():
        return redirect(url_for("accounts.second_step", next=wanted if wanted != "/" else None))
    return redirect(url_for("accounts.sign_in", next=wanted if wanted != "/" else None))
