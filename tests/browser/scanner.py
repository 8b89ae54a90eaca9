"""A scanner that types: each key a few milliseconds after the one before, Enter at the end."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

GS: Final = "\x1d"
"""The separator of GS1 codes, which many scanners send as Ctrl+]."""

# The events carry times of their own, so that a slow machine types as quickly as any.
_KEYS: Final = """([text, falterAt]) => {
  let at = performance.now();
  [...text, "Enter"].forEach((char, index) => {
    const gs = char === "\\u001d", field = document.activeElement;
    const key = gs ? "]" : char;
    const down = new KeyboardEvent("keydown", {key, ctrlKey: gs, bubbles: true, cancelable: true});
    at += index === falterAt ? 90 : 5;
    Object.defineProperty(down, "timeStamp", {value: at});
    if (field.dispatchEvent(down) && key.length === 1 && "setRangeText" in field) {
      field.setRangeText(char, field.selectionStart, field.selectionEnd, "end");
    }
  });
}"""


def type_quickly(page: Page, text: str, *, falter_at: int = -1) -> None:
    """Type ``text`` wherever the cursor is; the key at ``falter_at`` comes 90 ms late."""
    page.evaluate(_KEYS, [text, falter_at])


def scan(page: Page, text: str) -> None:
    """Scan a code whose field sends its form, once the page is ready; wait for the answer."""
    page.wait_for_load_state()
    with page.expect_navigation():
        type_quickly(page, text)
