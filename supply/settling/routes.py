"""The blueprint of accounts."""

from flask import Blueprint

blueprint = Blueprint("settling", __name__)
