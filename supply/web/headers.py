"""Security headers, and which proxy to believe."""

from __future__ import annotations

from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from supply.extensions import talisman

CONTENT_SECURITY_POLICY: dict[str, str | list[str]] = {
    "default-src": "'self'",
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": ["'self'"],
    "frame-ancestors": "'none'",
}
"""Pages load nothing from elsewhere and run no inline script. A page that needs more says so with
``@talisman(content_security_policy={**CONTENT_SECURITY_POLICY, …})``."""

PERMISSIONS_POLICY = {
    "camera": "(self)",
    "geolocation": "()",
    "microphone": "()",
    "payment": "()",
    "usb": "()",
    "browsing-topics": "()",
}

SEALED = "default-src 'none'; sandbox"
"""What a file that somebody brought may do where it is shown: nothing, and be of no site."""

CARD_PAGES = "https://checkout.stripe.com"
"""Where a form that pays an order leads on to."""

CODE_READER = "scanning/reader.js"
CODE_READER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
"""What the worker that reads codes from the camera may do: compile WebAssembly, and no page may."""

STATIC_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
}


def install(app: Flask) -> None:
    """Send the headers with every answer; behind an https proxy believe what it forwards."""
    secure = bool(app.config["SECURE_COOKIES"])
    policy = dict(CONTENT_SECURITY_POLICY)
    if app.config["STRIPE_SECRET_KEY"]:
        elsewhere = app.config["STRIPE_API_BASE"]
        policy["form-action"] = ["'self'", CARD_PAGES, *([elsewhere] if elsewhere else [])]
    app.after_request(_seal)  # the first to be told is the last to act
    talisman.init_app(
        app,
        content_security_policy=policy,
        content_security_policy_nonce_in=["script-src"],
        force_https=False,
        frame_options="DENY",
        permissions_policy=PERMISSIONS_POLICY,
        referrer_policy="same-origin",
        session_cookie_secure=secure,
        session_cookie_samesite=app.config["SESSION_COOKIE_SAMESITE"],
        strict_transport_security=secure,
        strict_transport_security_max_age=31_536_000,
        x_xss_protection=False,
    )
    app.after_request(_add_headers)
    if secure:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]


def seal(response: Response) -> Response:
    """Have ``response`` sent so that its content runs nothing, whatever it holds."""
    g.sealed = True
    return response


def _seal(response: Response) -> Response:
    if g.get("sealed"):
        response.headers["Content-Security-Policy"] = SEALED
    if request.endpoint == "static" and request.path.endswith(f"/{CODE_READER}"):
        response.headers["Content-Security-Policy"] = CODE_READER_POLICY
    return response


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        # What one person sees is kept nowhere: not by a proxy, not for the next one at the tablet.
        response.headers["Cache-Control"] = "no-store"
    return response
