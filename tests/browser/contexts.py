"""Browser contexts: each is one person's browser, with cookies of its own."""

from __future__ import annotations

from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

TIMEOUT_MILLISECONDS: Final = 10_000

DESK: Final[dict[str, Any]] = {"viewport": {"width": 1280, "height": 900}}
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


def open_context(
    browser: Browser, base_url: str, faults: list[str], **options: Any
) -> BrowserContext:
    """Open a desk's browser, or what ``options`` of Playwright say, on the server at ``base_url``.

    A script that fails and anything the content security policy refuses are added to ``faults``.
    """

    def note_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context = browser.new_context(**{"base_url": base_url, "locale": "en-GB", **DESK, **options})
    context.set_default_timeout(TIMEOUT_MILLISECONDS)
    context.on("console", note_console)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    return context
