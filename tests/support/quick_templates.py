"""Templates compiled once a run: thousands of tests make an app with the same two hundred."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache


def compile_templates_once(patch: pytest.MonkeyPatch, directory: Path) -> None:
    """Keep in ``directory`` what templates are compiled to, for every app and every worker.

    What was compiled from other words is compiled anew.
    """
    directory.mkdir(exist_ok=True)
    options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(directory))}
    patch.setattr(Flask, "jinja_options", options)
