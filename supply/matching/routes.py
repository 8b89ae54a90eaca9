"""Where the pages of accounts are registered, of this room and of the one above."""

from flask import Blueprint

blueprint = Blueprint("settling", __name__)
