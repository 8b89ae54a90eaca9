"""A scanner that types: each key a few milliseconds after the one before, Enter at the end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from playwright.sync_api import Page

GS: Final = "\x1d"
"""The separator of GS1 codes, which many scanners send as Ctrl+]."""

Key = dict[str, Any]
"""What a browser is told of a key: ``key``, and where they matter ``code``, ``ctrlKey`` …"""

CTRL_BRACKET: Final[Sequence[Key]] = ({"key": "]", "ctrlKey": True},)
GERMAN_BRACKET: Final[Sequence[Key]] = ({"key": "+", "code": "BracketRight", "ctrlKey": True},)
"""The same key on a computer with a German keyboard, where it says +."""
F8: Final[Sequence[Key]] = ({"key": "F8"},)
ALT_029: Final[Sequence[Key]] = (
    *({"key": "x", "code": f"Numpad{digit}", "altKey": True} for digit in "029"),
    {"key": "Alt", "up": True},
)
"""GS by its number, with Alt held down."""

# The events carry times of their own, so that a slow machine types as quickly as any.
_KEYS: Final = """([keys, late]) => {
  let at = performance.now() + 1000;
  return keys.map(({up, ...told}, index) => {
    const field = document.activeElement;
    const kind = up ? "keyup" : "keydown";
    const event = new KeyboardEvent(kind, {...told, bubbles: true, cancelable: true});
    at += late.includes(index) ? 90 : 5;
    Object.defineProperty(event, "timeStamp", {value: at});
    const types = !up && told.key.length === 1 && !told.ctrlKey && !told.altKey;
    const taken = !field.dispatchEvent(event);
    if (!taken && types && "setRangeText" in field) {
      field.setRangeText(told.key, field.selectionStart, field.selectionEnd, "end");
    }
    return taken;
  });
}"""


def type_quickly(
    page: Page,
    text: str,
    *,
    late: Collection[int] = (),
    separator: Sequence[Key] = CTRL_BRACKET,
    suffix: str = "Enter",
) -> list[bool]:
    """Type ``text`` wherever the cursor is; the keys at ``late`` come 90 ms after the one before.

    Returns of each key whether the page kept the browser from doing what it usually does.
    """
    keys: list[Key] = []
    for char in text:
        keys += separator if char == GS else [{"key": char}]
    if suffix:
        keys.append({"key": suffix})
    taken: list[bool] = page.evaluate(_KEYS, [keys, list(late)])
    return taken


def scan(page: Page, text: str) -> None:
    """Scan a code whose field sends its form, once the page is ready; wait for the answer."""
    page.wait_for_load_state()
    with page.expect_navigation():
        type_quickly(page, text)
