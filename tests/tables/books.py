"""Workbooks as XML, for what no library writes: wrong sizes, strict files, bombs."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"


def text(value: str, reference: str = "") -> str:
    """Return an inline text cell."""
    at = f' r="{reference}"' if reference else ""
    return f'<c{at} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def row(*cells: str, attributes: str = "") -> str:
    """Return a row of cells, each text unless it is XML already."""
    written = (cell if cell.startswith("<c") else text(cell) for cell in cells)
    return f"<row {attributes}>{''.join(written)}</row>"


def number(value: str, style: int = 0) -> str:
    """Return a number cell in a style."""
    return f'<c s="{style}"><v>{value}</v></c>'


def book(
    rows: str,
    *,
    before: str = "",
    after: str = "",
    strings: str = "",
    formats: tuple[str, ...] = (),
    properties: str = "",
    strict: bool = False,
    parts: Mapping[str, str] | None = None,
) -> bytes:
    """Return a workbook of one sheet; style 1 has the first of ``formats``, and so on."""
    main = STRICT if strict else MAIN
    relations = STRICT_RELATIONS if strict else RELATIONS
    numbered = "".join(
        f'<numFmt numFmtId="{200 + at}" formatCode="{escape(form, {chr(34): "&quot;"})}"/>'
        for at, form in enumerate(formats)
    )
    styles = "<xf/>" + "".join(f'<xf numFmtId="{200 + at}"/>' for at in range(len(formats)))
    files = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}">{properties}<sheets>'
        '<sheet name="Stock" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relations}/sharedStrings" Target="/xl/strings.xml"/>'
        f'<Relationship Id="r3" Type="{relations}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>",
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts>{numbered}</numFmts>'
        f"<cellXfs>{styles}</cellXfs></styleSheet>",
        "xl/strings.xml": f'<sst xmlns="{main}">{strings}</sst>',
        **(parts or {}),
    }
    return packed(files)


def packed(files: Mapping[str, str]) -> bytes:
    """Return an archive of ``files``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
