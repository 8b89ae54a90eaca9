"""Bring the translators' files up to date with the texts in the code: ``make messages``.

Reads every marked text from the package and the templates and merges them into
``supply/translations/LANGUAGE/LC_MESSAGES/messages.po``. Texts that are new stand there without a
translation, texts that changed a little keep the old one marked *fuzzy*, and what is gone goes.
Set-up makes of each file what the app reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from supply.config import ROOT, TRANSLATIONS

METHODS: Final = [
    ("supply/**.py", "python"),
    ("templates/**.html", "jinja2"),
    ("templates/**.txt", "jinja2"),
]
KEYWORDS: Final = {
    **DEFAULT_KEYWORDS,
    "_l": None,
    "_p": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "say": None,
}
NOTE: Final = "TRANSLATORS:"
WIDTH: Final = 98

PASSING: Final = (
    '"POT-Creation-Date:',
    '"PO-Revision-Date:',
    '"Report-Msgid-Bugs-To:',
    '"Last-Translator:',
    '"Language-Team:',
    '"Generated-By:',
)
"""Lines of a file's head that would differ each time."""

_PLACEHOLDER: Final = re.compile(r"%\(\w+\)[sd]|%%")


def main() -> None:
    """Update every language's file, and say how much of it is translated."""
    template = marked_texts()
    for path in files():
        catalog = read(path)
        catalog.update(template, update_header_comment=False, update_creation_date=False)
        catalog.obsolete.clear()
        write(path, catalog)
        todo = len(faults(catalog, template))
        print(f"messages: {path.parent.parent.name}: {len(template)} texts, {todo} to translate")


def files() -> list[Path]:
    """Return the file of every language there is."""
    return sorted(TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"))


def read(path: Path) -> Catalog:
    """Return the catalogue that a translator's file holds."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, domain="messages")


def write(path: Path, catalog: Catalog) -> None:
    """Write ``catalog`` to a translator's file, without what says only when and by what."""
    written = BytesIO()
    write_po(written, catalog, width=WIDTH, sort_output=True, no_location=True)
    lines = written.getvalue().decode().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(PASSING)]
    path.write_text("".join(kept), encoding="utf-8")


def marked_texts() -> Catalog:
    """Return the texts marked in package and templates, none translated."""
    catalog = Catalog(project="Supply", domain="messages", charset="utf-8")
    found = extract_from_dir(ROOT, METHODS, keywords=KEYWORDS, comment_tags=[NOTE])
    for _filename, _line, text, notes, context in found:
        catalog.add(text, auto_comments=notes, context=context)
    return catalog


def faults(catalog: Catalog, template: Catalog) -> list[str]:
    """Return what is missing or wrong in ``catalog``, measured against all marked texts."""
    return [fault for wanted in template if wanted.id for fault in _faults_of(wanted, catalog)]


def _faults_of(wanted: Message, catalog: Catalog) -> Iterator[str]:
    text = wanted.id if isinstance(wanted.id, str) else wanted.id[0]
    message = catalog.get(wanted.id, wanted.context)
    if message is None or message.fuzzy or not _is_whole(message):
        yield f"not translated: {text}"
        return
    for translation in _forms(message):
        if _placeholders(translation) - _placeholders(wanted.id):
            yield f"names a value that is not given: {translation}"
        if isinstance(wanted.id, str) and _placeholders(translation) != _placeholders(wanted.id):
            yield f"does not name the same values: {translation}"


def _is_whole(message: Message) -> bool:
    return bool(message.string) and all(_forms(message))


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _placeholders(text: str | tuple[str, ...] | list[str]) -> set[str]:
    forms = [text] if isinstance(text, str) else text
    return {name for form in forms for name in _PLACEHOLDER.findall(form)}


if __name__ == "__main__":
    main()
